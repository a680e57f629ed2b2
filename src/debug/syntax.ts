import { resolve } from "node:path";
import type { Job } from "#agents";
import { capture } from "#agents";
import type { Budget } from "./budget.ts";
import type { CodeFinding } from "./rule.ts";
import type { SourceFile, Workspace } from "./workspace.ts";

/** Parses a file without running it, and prints the line and message of the first error. */
const parse_python = `
import ast, sys
try:
    with open(sys.argv[1], "rb") as file:
        ast.parse(file.read())
except (SyntaxError, ValueError) as error:
    print(getattr(error, "lineno", 1) or 1, getattr(error, "msg", error), sep="\\t")
`;

/** Maximum number of parsers that run at the same time. */
const max_parallel = 4;

/** Checks files with the parsers of their languages. `unchecked` lists, in sentences, the files that were not checked and why. */
export async function checkSyntax(
  sources: readonly SourceFile[],
  workspace: Workspace,
  run: { job: Job; budget: Budget; signal: AbortSignal },
): Promise<{ findings: CodeFinding[]; unchecked: string[] }> {
  const findings: CodeFinding[] = [];
  const unchecked: string[] = [];
  for (let at = 0; at < sources.length; at += max_parallel) {
    const some = sources.slice(at, at + max_parallel);
    const results = await Promise.all(some.map((source) => checkOne(source, workspace, run)));
    results.forEach((result, i) => {
      findings.push(...result.findings);
      if (result.unchecked !== undefined)
        unchecked.push(`The syntax of ${some[i]?.path} was not checked: ${result.unchecked}.`);
    });
  }
  return { findings, unchecked };
}

async function checkOne(
  source: SourceFile,
  workspace: Workspace,
  { job, budget, signal }: { job: Job; budget: Budget; signal: AbortSignal },
): Promise<{ findings: CodeFinding[]; unchecked?: string }> {
  const file = resolve(workspace.root, source.path);
  const finding = (line: number, message: string): CodeFinding => ({
    ...{ rule: "syntax", area: "syntax", severity: "error", file: source.path, line },
    message: `The file cannot be parsed: ${message}.`,
    evidence: (source.lines[line - 1] ?? "").trim().slice(0, 200),
    advice: "Fix the syntax first: nothing in the file runs until then.",
  });
  if (source.path.endsWith(".json")) {
    try {
      JSON.parse(source.lines.join("\n"));
      return { findings: [] };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { findings: [finding(Number(/line (\d+)/.exec(message)?.[1] ?? 1), message)] };
    }
  }
  const is_python = source.path.endsWith(".py");
  if (!is_python && !/\.[cm]?js$/.test(source.path)) return { findings: [], unchecked: "there is no parser for its language" };
  const left = budget.left("parse");
  const what = `the syntax of ${source.path}`;
  if (left === 0) {
    budget.skip(what);
    return { findings: [] };
  }
  const command = is_python
    ? (["python3", "-I", "-S", "-c", parse_python, file] as const)
    : ([process.execPath, "--check", file] as const);
  const { end, stdout, stderr } = await capture(
    job,
    { command, cwd: workspace.root, env: { NODE_OPTIONS: "" }, max_bytes: 65_536 },
    AbortSignal.any([signal, budget.clock.timeout(left)]),
  );
  signal.throwIfAborted();
  if (end.stopped) {
    budget.skip(what);
    return { findings: [] };
  }
  if (end.type === "not_started") return { findings: [], unchecked: end.message };
  if (is_python) {
    const [line, message] = stdout.trim().split("\t");
    return { findings: line === undefined || message === undefined ? [] : [finding(Number(line), message)] };
  }
  if (end.type === "exited" && end.exit_code === 0) return { findings: [] };
  const line = Number(/:(\d+)\n/.exec(stderr)?.[1] ?? 1);
  return { findings: [finding(line, /^SyntaxError: (.*)$/m.exec(stderr)?.[1] ?? "node --check rejects it")] };
}
