import { isAbsolute, relative } from "node:path";
import type { Job } from "../agent.ts";
import { confidenceOf, type Evidence } from "./confidence.ts";
import { linesAround, toRootCause } from "./evidence.ts";
import { describeFile, examine, ruleCount } from "./examine.ts";
import { openGit } from "./git.ts";
import { weighHypothesis } from "./hypothesis.ts";
import type { DebugInput } from "./input.ts";
import { type Depth, type Location, locate } from "./locate.ts";
import { addNeighbours } from "./neighbours.ts";
import { definitionAt } from "./outline.ts";
import { rankSuspects } from "./rank.ts";
import type { Finding, Report, RootCause } from "./report.ts";
import type { CodeFinding } from "./rule.ts";
import { checkSyntax } from "./syntax.ts";
import { synthesize } from "./synthesis.ts";
import { wordsOf } from "./words.ts";
import { openWorkspace, type SourceFile, type Unread, type Workspace } from "./workspace.ts";

/** Keys that the agent knows; others are kept and noted. */
const known_keys = new Set(
  "problem_description issue_description affected_files error_traces analysis_depth hypothesis code file_path pre_gathered_context upstream_results".split(
    " ",
  ),
);

/** Most root causes that are told. */
const most_causes = 5;

/** Most files that are examined rule by rule. */
const most_examined = 20;

const is_about_speed =
  /\b(?:slow\w*|performance|latency|response times?|throughput|time[sd]? ?outs?|cpu|memory|leak\w*|hangs?|bottlenecks?|speed|degrad\w+|faster)\b/i;

/** Investigates: baseline, focus, root cause, optimization, synthesis. */
export async function investigate(
  input: DebugInput,
  job: Job,
  signal: AbortSignal,
): Promise<{ report: Report; warnings: string[] }> {
  const depth: Depth = input.analysis_depth ?? "standard";
  const problem = input.problem_description ?? input.issue_description ?? "";
  const error_traces = typeof input.error_traces === "string" ? [input.error_traces] : (input.error_traces ?? []);
  const hypothesis = input.hypothesis?.trim() ?? "";
  const git = await openGit(job, signal);
  const usable = "why_not" in git ? undefined : git;
  const workspace = withCode(await openWorkspace(job.workspace_path, usable, signal), input);
  const named = [...new Set([...(input.affected_files ?? []), ...(input.file_path === undefined ? [] : [input.file_path])])];
  if (input.code !== undefined && input.file_path === undefined) named.push(code_name);
  const states = named.map((path) => ({ path, found: workspace.read(path) }));
  const context = contextTexts(input.pre_gathered_context);
  const location = await locate({ problem, affected_files: named, error_traces, depth }, workspace, usable, signal);
  const not_seen: string[] = ["Nothing was run: no test, no program, no debugger."];
  if (usable === undefined) not_seen.push(`History: ${"why_not" in git ? git.why_not : ""}.`);
  else if (depth === "quick")
    not_seen.push("History, call sites and where error texts are raised: quick reads only what is named.");

  const findings: Finding[] = states.flatMap(({ path, found }) =>
    typeof found === "string" ? [unreadFinding(path, found, workspace)] : [],
  );
  for (const key of Object.keys(input))
    if (!known_keys.has(key))
      findings.push({
        kind: "input",
        severity: "note",
        message: `The input key ${key} is not one that this agent knows; it was kept and not used.`,
      });
  const sources = states.flatMap(({ found }) => (typeof found === "string" ? [] : [found]));
  const ranked = rankSuspects(location.suspects, location.query, workspace, most_causes + 3);
  const examined = sources.slice(0, most_examined);
  if (sources.length > examined.length)
    not_seen.push(`${sources.length - examined.length} of the affected files were not examined rule by rule.`);
  const code_findings = examined.flatMap((source) => examine(source));
  for (const source of examined) {
    if (source.path === code_name || (input.code !== undefined && source.path === ownPath(workspace, input.file_path)))
      continue;
    const { findings: problems, unchecked } = await checkSyntax(source, workspace, job, signal);
    code_findings.unshift(...problems);
    if (unchecked !== undefined) not_seen.push(`The syntax of ${source.path} was not checked: ${unchecked}.`);
  }
  findings.push(...code_findings.map(toFinding), ...examined.flatMap((source) => cleanFinding(source, code_findings)));
  // What surrounds a suspect counts for it too, though the user did not ask after that file.
  const near_suspects = ranked.slice(0, most_causes).flatMap(({ definition }) => {
    const source = examined.some(({ path }) => path === definition.file) ? undefined : workspace.text(definition.file);
    return source === undefined
      ? []
      : examine(source).filter(({ line }) => definition.first <= line && line <= definition.last);
  });
  const drawn = {
    location,
    workspace,
    git: depth === "quick" ? undefined : usable,
    code_findings: [...code_findings, ...near_suspects],
    context,
  };
  const by_trace: RootCause[] = [];
  const has_clues = location.errors.length > 0 || location.tests.length > 0;
  if (has_clues)
    for (const cause of await Promise.all(ranked.slice(0, most_causes + 3).map((suspect) => toRootCause(suspect, drawn))))
      if (cause !== undefined) by_trace.push(cause);
  const by_code = causesInCode(code_findings, problem, location, workspace);
  const root_cause = (
    by_trace.length > 0 && error_traces.length > 0
      ? [
          ...by_code.filter(({ evidence }) => evidence.some(({ text }) => text.startsWith("The file cannot be parsed"))),
          ...by_trace,
        ]
      : [...by_code, ...by_trace]
  ).slice(0, most_causes);
  if (depth !== "quick")
    await addNeighbours(root_cause.slice(0, 3), { search: location.search, workspace, git: usable, is_deep: depth === "deep" });

  const weighed =
    hypothesis === ""
      ? undefined
      : weighHypothesis(hypothesis, {
          causes: root_cause,
          errors: location.errors,
          findings,
          commits: location.commits,
          workspace,
        });
  const all_findings = [...code_findings, ...near_suspects];
  not_seen.push(...location.traces.cuts, ...workspace.cuts, ...(usable?.cuts ?? []), ...unplaced(location));
  const report: Report = {
    baseline: baselineOf(problem, depth, location, states, workspace, usable !== undefined, usedContext(context, problem)),
    focus: focusOf(location, workspace, examined),
    root_cause,
    optimization: all_findings
      .filter(({ area, severity }) => area !== "open_point" && (severity !== "note" || is_about_speed.test(problem)))
      .slice(0, 30)
      .map(({ file, line, advice, message }) => ({ file, line, advice, because: message })),
    synthesis: "",
    findings,
    ...(weighed === undefined ? {} : { hypothesis: weighed }),
    not_seen,
  };
  report.synthesis = synthesize(report);
  const warnings = states.flatMap(({ path, found }) =>
    found === "missing" ? [`The affected file ${path} does not exist.`] : [],
  );
  return { report, warnings };
}

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
  const read = (path: string): SourceFile | Unread =>
    path === code_name || path === own.path || path === file_path ? own : workspace.read(path);
  const text = (path: string): SourceFile | undefined => {
    const found = read(path);
    return typeof found === "string" ? undefined : found;
  };
  return { ...workspace, read, text };
}

function contextTexts(given: DebugInput["pre_gathered_context"]): Map<string, string> {
  const texts = Object.entries(given ?? {}).map(([key, value]) => {
    const content = typeof value === "string" ? value : (value["content"] ?? value);
    return [key, (typeof content === "string" ? content : JSON.stringify(content)).slice(0, 200_000)] as const;
  });
  return new Map(texts);
}

function usedContext(context: ReadonlyMap<string, string>, problem: string): string[] {
  const words = new Set(wordsOf(problem));
  return [...context]
    .filter(([, text]) => new Set(wordsOf(text.slice(0, 20_000)).filter((word) => words.has(word))).size >= 2)
    .map(([key]) => key);
}

function unreadFinding(path: string, why: Unread, workspace: Workspace): Finding {
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

const toFinding = ({ area, severity, file, line, message, evidence, advice: _ }: CodeFinding): Finding => ({
  kind: area,
  severity,
  file,
  line,
  message,
  evidence,
});

function cleanFinding(source: SourceFile, found: readonly CodeFinding[]): Finding[] {
  if (found.some(({ file }) => file === source.path)) return [];
  const rules = ruleCount(source.path);
  const message =
    rules === 0
      ? `${source.path} was read, but there are no rules for its language.`
      : `Nothing was found in ${source.path} (${describeFile(source)}): ${rules} rules looked at it.`;
  return [{ kind: "clean", severity: "note", file: source.path, message }];
}

/** Causes that the code itself shows: what cannot be parsed; what is slow, if that is the problem; what shares the problem's words. */
function causesInCode(found: readonly CodeFinding[], problem: string, location: Location, workspace: Workspace): RootCause[] {
  const about_speed = is_about_speed.test(problem);
  const words = new Set(wordsOf(problem));
  const causes = found.flatMap((one): (RootCause & { weight: number })[] => {
    const source = workspace.text(one.file);
    const definition = source === undefined ? undefined : definitionAt(source, one.line, ["function", "class"]);
    const nearby = `${definition?.name ?? ""} ${linesAround(workspace, one.file, one.line)
      .map(({ text }) => text)
      .join(" ")}`;
    const shared = [...new Set(wordsOf(nearby))].filter((word) => words.has(word));
    const fits =
      one.area === "syntax" ||
      (about_speed && one.area === "performance") ||
      (!about_speed &&
        one.severity !== "note" &&
        one.area !== "performance" &&
        one.area !== "open_point" &&
        shared.length > 0 &&
        location.errors.length === 0);
    if (!fits) return [];
    const evidence: Evidence[] = [
      { kind: "code", text: `${one.message} ${one.evidence}` },
      { kind: "named", text: `${one.file} is among the files to look at.` },
    ];
    if (shared.length > 0) evidence.push({ kind: "words", text: `The problem's words stand here: ${shared.join(", ")}.` });
    const recent = location.commits
      .slice(0, Math.min(15, location.commits.length / 3))
      .find(({ files }) => files.includes(one.file));
    if (recent !== undefined)
      evidence.push({
        kind: "history",
        text: `Commit ${recent.hash.slice(0, 10)} "${recent.subject}" changed the file lately.`,
      });
    const weight =
      (one.area === "syntax" ? 10 : 0) + (one.severity === "note" ? 0 : 2) + (/loop/.test(one.rule) ? 1 : 0) + shared.length;
    const name = definition === undefined ? {} : { name: definition.name };
    return [
      {
        ...{ file: one.file, line: one.line },
        ...name,
        claim: one.message,
        confidence: confidenceOf(evidence),
        evidence,
        lines: linesAround(workspace, one.file, one.line),
        weight,
      },
    ];
  });
  return causes.sort((a, b) => b.weight - a.weight).map(({ weight: _, ...cause }) => cause);
}

/** Frames that could not be followed, and why. */
function unplaced({ errors }: Location): string[] {
  const frames = errors.flatMap((error) => error.frames);
  const list = (paths: readonly string[]): string => `${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ", …" : ""}`;
  const unknown = [...new Set(frames.filter(({ origin }) => origin === "unknown").map(({ path }) => path))];
  const minified = [
    ...new Set(
      frames.filter((frame) => (frame.column ?? 0) >= 1000).map(({ path, line, column }) => `${path}:${line}:${column}`),
    ),
  ];
  return [
    ...(unknown.length === 0 ? [] : [`Code of frames that the workspace does not have: ${list(unknown)}.`]),
    ...(minified.length === 0
      ? []
      : [`The sources behind minified code: ${list(minified)}; a trace mapped by its source map says more.`]),
  ];
}

function baselineOf(
  problem: string,
  depth: Depth,
  location: Location,
  states: readonly { path: string; found: SourceFile | Unread }[],
  workspace: Workspace,
  git: boolean,
  context_used: string[],
): Report["baseline"] {
  const count = (frames: readonly { origin: string }[], origin: string): number =>
    frames.filter((frame) => frame.origin === origin).length;
  return {
    problem,
    analysis_depth: depth,
    errors: location.errors.slice(0, 20).map(({ language, type, message, relation, frames }) => ({
      ...{ language, type: type ?? null, message: message.slice(0, 1000), relation: relation ?? null },
      frames: {
        own: count(frames, "own"),
        test: count(frames, "test"),
        library: count(frames, "library"),
        unknown: count(frames, "unknown"),
      },
    })),
    failing_tests: location.tests.map(
      ({ file, line, definition }) => `${file}:${line}${definition === undefined ? "" : ` ${definition.name}`}`,
    ),
    affected_files: states.map(({ path, found }) => ({ path, state: typeof found === "string" ? found : describeFile(found) })),
    workspace: { path: workspace.root, files: workspace.files.length, git, files_read: workspace.read_count() },
    context_used,
  };
}

function focusOf(location: Location, workspace: Workspace, examined: readonly SourceFile[]): Report["focus"] {
  const placed = location.errors.flatMap(({ frames }) =>
    frames.filter(({ origin, file }) => file !== undefined && origin !== "library"),
  );
  return {
    frames: placed.slice(0, 20).map((frame) => ({
      ...{ file: frame.file ?? frame.path, line: frame.line, function: frame.function ?? null, origin: frame.origin },
      text:
        workspace
          .text(frame.file ?? "")
          ?.lines[frame.line - 1]?.trim()
          .slice(0, 200) ?? null,
    })),
    raised_at: location.raised.map(({ path, line, text }) => ({ file: path, line, text: text.trim().slice(0, 200) })),
    examined: examined.map(({ path }) => path),
    files_considered: location.files_considered,
    suspects_considered: location.suspects.length,
  };
}
