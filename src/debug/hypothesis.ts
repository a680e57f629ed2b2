import type { ResolvedError } from "./clues.ts";
import type { Commit } from "./git.ts";
import type { Finding, Report, RootCause } from "./report.ts";
import { identifiersOf, wholeWordsOf } from "./words.ts";
import type { Workspace } from "./workspace.ts";

/** Compares a hypothesis with the evidence by the names, files and words that they share. */
export function assessHypothesis(
  text: string,
  known: {
    causes: readonly RootCause[];
    errors: readonly ResolvedError[];
    findings: readonly Finding[];
    commits: readonly Commit[];
    workspace: Workspace;
  },
): NonNullable<Report["hypothesis"]> {
  const { causes, errors, findings, commits, workspace } = known;
  const mentioned = text.match(/[\w./\\-]+\.\w{1,5}\b/g) ?? [];
  // The folders of a path are not part of the hypothesis.
  const words = new Set(wholeWordsOf(text.replaceAll(/[\w.-]+[/\\]/g, " ")));
  const identifiers = new Set(identifiersOf(text));
  const names = identifiersOf(text).filter((name) => /[a-z][A-Z]|_|^[A-Z][a-z]+[A-Z]|\w\(/.test(name));
  const sharedWords = (other: string, min_count: number): string[] => {
    const shared = [...new Set(wholeWordsOf(other))].filter((word) => words.has(word));
    return shared.length >= min_count ? shared : [];
  };
  const supporting: string[] = [];
  const opposing: string[] = [];
  const [first] = causes;
  causes.slice(0, 3).forEach((cause, i) => {
    const line = cause.lines.find((one) => one.line === cause.line)?.text ?? "";
    // A whole name counts by itself; of plain words, one may be chance.
    const names_it = cause.name !== undefined && identifiers.has(cause.name) ? [cause.name] : [];
    const shared = [...new Set([...names_it, ...sharedWords(`${cause.file} ${cause.name ?? ""} ${line}`, 2)])];
    if (shared.length > 0)
      supporting.push(`Suspect ${i + 1}, ${cause.file}:${cause.line}, shares words with it: ${shared.join(", ")}.`);
  });
  for (const error of errors.slice(0, 6)) {
    const shared = sharedWords(`${error.type ?? ""} ${error.message}`, 1);
    if (shared.length > 0)
      supporting.push(
        `The error ${error.type ?? ""} "${error.message.split("\n")[0]?.slice(0, 120)}" shares words with it: ${shared.join(", ")}.`,
      );
  }
  for (const finding of findings) {
    if (finding.line === undefined || finding.kind === "clean") continue;
    const shared = sharedWords(`${finding.message} ${finding.evidence ?? ""}`, 2);
    if (shared.length > 0 && supporting.length < 12) supporting.push(`${finding.file}:${finding.line}: ${finding.message}`);
  }
  for (const { hash, subject } of commits.slice(0, 100)) {
    if (sharedWords(subject, 2).length > 0 && supporting.length < 12)
      supporting.push(`Commit ${hash.slice(0, 10)} "${subject.slice(0, 100)}" shares words with it.`);
  }
  for (const path of mentioned) {
    const { files } = workspace.matching(path);
    if (files.length === 0) opposing.push(`The workspace has no file ${path}.`);
    else if (causes.length > 0 && !causes.some(({ file }) => files.includes(file)))
      opposing.push(`No evidence points to ${path}.`);
  }
  for (const name of names) {
    if (mentioned.some((path) => path.includes(name))) continue;
    const is_seen = errors.some(({ message, type, frames }) =>
      `${type} ${message} ${frames.map((frame) => `${frame.function} ${frame.source}`).join(" ")}`.includes(name),
    );
    const is_suspect = causes.some((cause) => cause.name === name || cause.lines.some((line) => line.text.includes(name)));
    if (!is_seen && !is_suspect && errors.length > 0) opposing.push(`${name} appears in no trace and in no line of a suspect.`);
  }
  if (
    first !== undefined &&
    sharedWords(`${first.file.split("/").at(-1)} ${first.name ?? ""} ${first.lines.map((line) => line.text).join(" ")}`, 1)
      .length === 0
  )
    opposing.push(`The first suspect, ${first.file}:${first.line}, shares no words with it.`);
  const verdict =
    supporting.length > opposing.length ? "supported" : opposing.length > supporting.length ? "contradicted" : "open";
  // A lack of evidence does not contradict a hypothesis.
  if (supporting.length === 0 && opposing.length === 0) opposing.push("Nothing in the evidence mentions it.");
  return { text, for: supporting, against: opposing, verdict };
}
