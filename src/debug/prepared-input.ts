import { isAbsolute, relative } from "node:path";
import { readGatheredContext, usedContext, withGatheredFiles } from "./gathered-context.ts";
import { type DebugInput, inputSchema } from "./input.ts";
import type { Finding, RootCause } from "./report.ts";
import type { SourceFile, UnreadReason, Workspace } from "./workspace.ts";

/** Keys that the agent knows; others are kept and noted. */
const known_keys = new Set(Object.keys(inputSchema().shape));

/** What the caller gave, as an investigation takes it. */
export interface PreparedInput {
  problem: string;
  error_traces: string[];
  hypothesis: string;
  /** What is said of the code: key -> text. */
  context: ReadonlyMap<string, string>;
  /** The context keys that were of use, once the causes are known. */
  usedContext(causes: readonly RootCause[]): string[];
  /** The files that were named, and `code` without a file. */
  states: { path: string; found: SourceFile | UnreadReason }[];
  /** The text of `code`, if there is one: it stands in no file. */
  code: SourceFile | undefined;
  /** What stands out in the input itself. */
  findings: Finding[];
}

/** Reads the input; the workspace that it gives has the text of `code` in place of its file. */
export function prepareInput(input: DebugInput, on_disk: Workspace): PreparedInput & { workspace: Workspace } {
  const gathered = readGatheredContext(input.pre_gathered_context, on_disk.root);
  const looked_at = new Set<string>();
  const workspace = withCode(withGatheredFiles(on_disk, gathered, looked_at), input);
  const { file_path, code, error_traces = [] } = input;
  const named = [
    ...new Set([
      ...(input.affected_files ?? []),
      ...(file_path === undefined ? [] : [file_path]),
      // Whoever hands a file over names it.
      ...gathered.files.keys(),
      ...gathered.partly.filter((path) => workspace.has(path)),
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
    usedContext: (causes) => usedContext(gathered, looked_at, causes),
    states,
    code: code === undefined ? undefined : workspace.text(file_path ?? code_name),
    findings,
  };
}

/** What code goes by that has no file. */
const code_name = "(code)";

const ownPath = (workspace: Workspace, path: string | undefined): string | undefined =>
  path !== undefined && isAbsolute(path) && !relative(workspace.root, path).startsWith("..")
    ? relative(workspace.root, path)
    : path;

/** The workspace with the text of `code` in place of its file. */
function withCode(workspace: Workspace, { code, file_path }: DebugInput): Workspace {
  if (code === undefined) return workspace;
  // Code without a name is Python where it looks like that: both agents of the seed write it.
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

function unreadFinding(path: string, why: UnreadReason, workspace: Workspace): Finding {
  if (why !== "missing")
    return {
      kind: "unreadable_file",
      severity: "warning",
      file: path,
      message: `${path} was not read: it is ${why.replaceAll("_", " ")}.`,
    };
  const { files } = workspace.matching(path);
  const other = files.length === 0 ? "" : ` The workspace has ${files.slice(0, 3).join(", ")}.`;
  return { kind: "missing_file", severity: "error", file: path, message: `${path} does not exist.${other}` };
}

const unknownKey = (key: string): Finding => ({
  kind: "input",
  severity: "note",
  message: `The input key ${key} is not one that this agent knows; it was kept and not used.`,
});
