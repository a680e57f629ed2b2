import { confidenceOf, type Evidence } from "./confidence.ts";
import type { BlamedLine, Commit, Git } from "./git.ts";
import type { Location } from "./locate.ts";
import type { RankedSuspect } from "./rank.ts";
import type { RootCause, ShownLine } from "./report.ts";
import type { CodeFinding } from "./rule.ts";
import { wordsOf } from "./words.ts";
import type { Workspace } from "./workspace.ts";

/** The sources that evidence comes from. */
export interface EvidenceSources {
  location: Location;
  workspace: Workspace;
  git: Git | undefined;
  code_findings: readonly CodeFinding[];
  /** Key -> text. */
  context: ReadonlyMap<string, string>;
}

/** Number of newest commits that count as recent. */
const recent_commits = 15;

/** Number of lines shown above and below a line. */
const context_lines = 2;

/**
 * Turns a suspect into a root cause with its evidence; returns undefined if only words point to it. `addLastChange` adds
 * the git blame.
 */
export function toRootCause(suspect: RankedSuspect, sources: EvidenceSources): RootCause | undefined {
  const { location, workspace, code_findings, context } = sources;
  const { definition, signals, line } = suspect;
  const { file, name } = definition;
  const evidence: Evidence[] = [...traceEvidence(suspect, location), ...testEvidence(suspect, location)];
  for (const at of suspect.raised_lines.slice(0, 2))
    evidence.push({ kind: "message", text: `The error's text or class is at line ${at}: ${textAt(workspace, file, at)}` });
  const near = code_findings.filter((one) => one.file === file && one.severity !== "note" && Math.abs(one.line - line) <= 5);
  for (const one of near.slice(0, 2)) evidence.push({ kind: "code", text: `Line ${one.line}: ${one.message}` });
  if (evidence.length === 0) return undefined;
  if (signals.named > 0) evidence.push({ kind: "named", text: `The input names ${file}.` });
  const shared = sharedWords(suspect, sources);
  if (shared.length >= 2 && signals.words >= 0.5)
    evidence.push({ kind: "words", text: `Words of the failure occur here: ${shared.slice(0, 8).join(", ")}.` });
  evidence.push(...contextEvidence(file, name, context));
  const together = location.counts.together.get(file) ?? 0;
  if (together >= 2 && signals.together >= 0.5)
    evidence.push({ kind: "history", text: `${together} commits changed the file together with the failing test's file.` });
  return {
    file,
    line,
    name,
    claim: claimOf(suspect, location, near),
    confidence: confidenceOf(evidence),
    evidence,
    lines: linesAround(workspace, file, line),
  };
}

/** Returns evidence if the gathered context mentions a place. */
export function contextEvidence(file: string, name: string, context: ReadonlyMap<string, string>): Evidence[] {
  const is_named = new RegExp(`\\b${name.replaceAll(/\W/g, "\\$&")}\\b`);
  for (const [key, text] of context) {
    const is_file = text.includes(file);
    if (is_file || (name.length > 3 && is_named.test(text)))
      return [{ kind: "context", text: `The context ${key} mentions ${is_file ? file : name}.` }];
  }
  return [];
}

/** Adds the last change of a cause's lines from git blame; a recent change is evidence. */
export async function addLastChange(cause: RootCause, { location, workspace, git }: EvidenceSources): Promise<void> {
  const { file, line } = cause;
  const end = Math.min(line + context_lines, workspace.text(file)?.lines.length ?? line);
  const blamed = (await git?.blame(file, Math.max(1, line - context_lines), end)) ?? [];
  const last = newest(blamed, location.commits);
  if (last === undefined) return;
  const age = location.commits.findIndex(({ hash }) => hash === last.hash);
  // In a short history, no change is more recent than the rest.
  if (age >= 0 && age < Math.min(recent_commits, Math.floor(location.commits.length / 3))) {
    cause.evidence.push({
      kind: "history",
      text: `Commit ${last.hash.slice(0, 10)} "${last.subject}" changed line ${last.line} (${age === 0 ? "the newest commit" : `${age} commits ago`}).`,
    });
    cause.confidence = confidenceOf(cause.evidence);
  }
  const with_files = (location.commits[age]?.files ?? []).filter((one) => one !== file).slice(0, 8);
  cause.last_changed = {
    commit: last.hash.slice(0, 10),
    author: last.author,
    date: new Date(last.time * 1000).toISOString(),
    subject: last.subject,
    with_files,
  };
}

/** Returns the lines of a file around a line. */
export function linesAround(workspace: Workspace, file: string, line: number): ShownLine[] {
  const lines = workspace.text(file)?.lines ?? [];
  const from = Math.max(1, line - context_lines);
  return lines.slice(from - 1, line + context_lines).map((text, i) => ({ line: from + i, text: text.slice(0, 300) }));
}

const textAt = (workspace: Workspace, file: string, line: number): string =>
  (workspace.text(file)?.lines[line - 1] ?? "").trim().slice(0, 160);

function newest(blamed: readonly BlamedLine[], commits: readonly Commit[]): BlamedLine | undefined {
  const place = (hash: string): number => {
    const at = commits.findIndex((commit) => commit.hash === hash);
    return at < 0 ? commits.length : at;
  };
  const committed = blamed.filter(({ hash }) => !/^0+$/.test(hash));
  return committed.toSorted((a, b) => b.time - a.time || place(a.hash) - place(b.hash))[0];
}

function traceEvidence({ definition, frame_lines }: RankedSuspect, { errors }: Location): Evidence[] {
  const [at] = frame_lines;
  if (at === undefined) return [];
  for (const error of errors) {
    const own = error.frames.filter(({ origin }) => origin === "own");
    const place = own.findIndex((frame) => frame.file === definition.file && frame.line === at);
    if (place < 0) continue;
    const where =
      place === 0 ? "the innermost frame in the workspace's own code" : `frame ${place + 1} in the workspace's own code`;
    return [
      {
        kind: "trace",
        text: `${definition.name} at line ${at} is ${where}${error.type === undefined ? "" : ` (${error.type})`}.`,
      },
    ];
  }
  return [{ kind: "trace", text: `${definition.name} at line ${at} is on the stack.` }];
}

function testEvidence({ definition, signals }: RankedSuspect, { tests }: Location): Evidence[] {
  const [test] = tests;
  if (test === undefined) return [];
  const test_name = `${test.definition?.name ?? "The failing test"} (${test.file}:${test.line})`;
  if (signals.direct > 0) return [{ kind: "test", text: `${test_name} names ${definition.name}.` }];
  if (signals.called >= 0.3) return [{ kind: "test", text: `${test_name} calls ${definition.name} indirectly.` }];
  if (signals.twin === 1 && signals.imported > 0)
    return [{ kind: "test", text: `${test.file} is the test of ${definition.file}.` }];
  return [];
}

/** Returns the words of the failure that occur in a suspect, highest weight first. */
function sharedWords({ definition }: RankedSuspect, { location, workspace }: EvidenceSources): string[] {
  const lines = workspace.text(definition.file)?.lines.slice(definition.first - 1, definition.last) ?? [];
  const own = new Set(wordsOf(lines.join("\n")));
  return [...location.query.words]
    .filter(([word]) => own.has(word))
    .toSorted((a, b) => b[1] - a[1])
    .map(([word]) => word);
}

function claimOf(
  { definition, signals, frame_lines, line }: RankedSuspect,
  { errors, tests }: Location,
  near: readonly CodeFinding[],
): string {
  const { name, file } = definition;
  const [error] = errors;
  const error_text =
    error === undefined
      ? "the failure"
      : `${error.type ?? "the error"}${error.message === "" ? "" : ` "${error.message.split("\n")[0]?.slice(0, 120)}"`}`;
  if (frame_lines.includes(line))
    return signals.frame >= 0.99
      ? `${name} raises or propagates ${error_text} at this line.`
      : `${name} is on the call path to ${error_text}.`;
  if (signals.raised > 0) return `${name} raises ${error_text}.`;
  const [problem] = near;
  if (problem !== undefined) return `${name}: ${problem.message}`;
  const test = tests[0]?.definition?.name;
  if (test !== undefined) return `${test} exercises ${name} in ${file}, and this line matches the words of the failure best.`;
  return `Most of the evidence points to ${name} in ${file}.`;
}
