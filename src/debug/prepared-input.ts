import { isAbsolute, relative } from "node:path";
import { readGatheredContext, usedContext, withGatheredFiles } from "./gathered-context.ts";
import { type DebugInput, inputSchema } from "./input.ts";
import type { Finding, RootCause } from "./report.ts";
import type { SourceFile, UnreadReason, Workspace } from "./workspace.ts";

/** Keys that the agent knows; each other key becomes a finding. */
const known_keys = new Set(Object.keys(inputSchema().shape));

/** The caller's input in the form that an investigation uses. */
export interface PreparedInput {
  problem: string;
  error_traces: string[];
  hypothesis: string;
  /** Notes about the code: key -> text. */
  context: ReadonlyMap<string, string>;
  /** Returns the context keys that contributed to these causes. */
  usedContext(causes: readonly RootCause[]): string[];
  /** The named files, and `code` if it has no file. */
  states: { path: string; found: SourceFile | UnreadReason }[];
  /** The text of `code`, if given; it is not on disk. */
  code: SourceFile | undefined;
  /** Findings about the input itself. */
  findings: Finding[];
}

/** Reads the input. In the returned workspace, gathered files and the text of `code` replace the files on disk. */
export function prepareInput(input: DebugInput, on_disk: Workspace): PreparedInput & { workspace: Workspace } {
  const gathered = readGatheredContext(input.pre_gathered_context, on_disk.root);
  const read_keys = new Set<string>();
  const workspace = withCode(withGatheredFiles(on_disk, gathered, read_keys), input);
  const { file_path, code, error_traces = [] } = input;
  const named = [
    ...new Set([
      ...(input.affected_files ?? []),
      ...(file_path === undefined ? [] : [file_path]),
      // A file in the gathered context counts as named.
      ...gathered.files.keys(),
      ...gathered.partial.filter((path) => workspace.has(path)),
    ]),
  ];
  if (code !== undefined && file_path === undefined) named.push(code_name);
  const states = named.map((path) => ({ path, found: workspace.read(path) }));
  const findings = [
    ...states.flatMap(({ path, found }) => (typeof found === "string" ? [unreadFinding(path, found, workspace)] : [])),
    ...Object.keys(input)
      .filter((key) => !known_keys.has(key))
      .map(unknownKey),
  ];
  return {
    workspace,
    problem: input.problem_description ?? input.issue_description ?? "",
    error_traces: typeof error_traces === "string" ? [error_traces] : error_traces,
    hypothesis: input.hypothesis?.trim() ?? "",
    context: gathered.notes,
    usedContext: (causes) => usedContext(gathered, read_keys, causes),
    states,
    code: code === undefined ? undefined : workspace.text(file_path ?? code_name),
    findings,
  };
}

/** The name of `code` without a file. */
const code_name = "(code)";

const ownPath = (workspace: Workspace, path: string | undefined): string | undefined =>
  path !== undefined && isAbsolute(path) && !relative(workspace.root, path).startsWith("..")
    ? relative(workspace.root, path)
    : path;

/** Returns the workspace with the text of `code` in place of its file. */
function withCode(workspace: Workspace, { code, file_path }: DebugInput): Workspace {
  if (code === undefined) return workspace;
  // Without a file name, code that looks like Python is Python, and all other code is TypeScript.
  const guessed = /^\s*(?:def|class|from|import)\s/m.test(code) && !/[;{]\s*$/m.test(code) ? "py" : "ts";
  const own: SourceFile = { path: ownPath(workspace, file_path) ?? code_name, lines: code.split(/\r\n|\n|\r/) };
  if (file_path === undefined) own.path = `${code_name}.${guessed}`;
  const read = (path: string): SourceFile | UnreadReason =>
    path === code_name || path === own.path || path === file_path ? own : workspace.read(path);
  const text = (path: string): SourceFile | undefined => {
    const found = read(path);
    return typeof found === "string" ? undefined : found;
  };
  return { ...workspace, read, text };
}

const unread_reasons: Readonly<Record<Exclude<UnreadReason, "missing">, string>> = {
  not_a_file: "it is not a regular file",
  binary: "it is a binary file",
  too_large: "it is too large",
  unreadable: "it is not readable",
};

function unreadFinding(path: string, why: UnreadReason, workspace: Workspace): Finding {
  if (why !== "missing")
    return {
      kind: "unreadable_file",
      severity: "warning",
      file: path,
      message: `${path} was not read: ${unread_reasons[why]}.`,
    };
  const { files } = workspace.matching(path);
  const other = files.length === 0 ? "" : ` The workspace has ${files.slice(0, 3).join(", ")}.`;
  return { kind: "missing_file", severity: "error", file: path, message: `${path} does not exist.${other}` };
}

const unknownKey = (key: string): Finding => ({
  kind: "input",
  severity: "note",
  message: `The agent debug does not know the input key ${key} and did not use it.`,
});
