import type { ResolvedError } from "./clues.ts";
import type { Commit } from "./git.ts";
import type { Finding, Report, RootCause } from "./report.ts";
import { identifiersOf, wholeWordsOf } from "./words.ts";
import type { Workspace } from "./workspace.ts";

/** Weighs a hypothesis: what of the evidence speaks of the same names, files and words, and what points elsewhere. */
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
  // Folders that a path goes through say nothing of what is supposed.
  const words = new Set(wholeWordsOf(text.replaceAll(/[\w.-]+[/\\]/g, " ")));
  const identifiers = new Set(identifiersOf(text));
  const names = identifiersOf(text).filter((name) => /[a-z][A-Z]|_|^[A-Z][a-z]+[A-Z]|\w\(/.test(name));
  const sharedWords = (other: string, least: number): string[] => {
    const shared = [...new Set(wholeWordsOf(other))].filter((word) => words.has(word));
    return shared.length >= least ? shared : [];
  };
  const supporting: string[] = [];
  const opposing: string[] = [];
  const [first] = causes;
  causes.slice(0, 3).forEach((cause, i) => {
    const line = cause.lines.find((one) => one.line === cause.line)?.text ?? "";
    // A name is meant where it stands whole; of plain words one may be chance.
    const names_it = cause.name !== undefined && identifiers.has(cause.name) ? [cause.name] : [];
    const shared = [...new Set([...names_it, ...sharedWords(`${cause.file} ${cause.name ?? ""} ${line}`, 2)])];
    if (shared.length > 0)
      supporting.push(`Suspect ${i + 1}, ${cause.file}:${cause.line}, shares its words: ${shared.join(", ")}.`);
  });
  for (const error of errors.slice(0, 6)) {
    const shared = sharedWords(`${error.type ?? ""} ${error.message}`, 1);
    if (shared.length > 0)
      supporting.push(
        `The error ${error.type ?? ""} "${error.message.split("\n")[0]?.slice(0, 120)}" shares its words: ${shared.join(", ")}.`,
      );
  }
  for (const finding of findings) {
    if (finding.line === undefined || finding.kind === "clean") continue;
    const shared = sharedWords(`${finding.message} ${finding.evidence ?? ""}`, 2);
    if (shared.length > 0 && supporting.length < 12) supporting.push(`${finding.file}:${finding.line}: ${finding.message}`);
  }
  for (const { hash, subject } of commits.slice(0, 100)) {
    if (sharedWords(subject, 2).length > 0 && supporting.length < 12)
      supporting.push(`Commit ${hash.slice(0, 10)} "${subject.slice(0, 100)}" speaks of it.`);
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
    if (!is_seen && !is_suspect && errors.length > 0)
      opposing.push(`${name} appears in no trace, and in no line of a suspect.`);
  }
  if (
    first !== undefined &&
    sharedWords(`${first.file.split("/").at(-1)} ${first.name ?? ""} ${first.lines.map((line) => line.text).join(" ")}`, 1)
      .length === 0
  )
    opposing.push(`The first suspect, ${first.file}:${first.line}, has none of its words.`);
  const verdict =
    supporting.length > opposing.length ? "supported" : opposing.length > supporting.length ? "contradicted" : "open";
  // That nothing speaks of it does not make it wrong.
  if (supporting.length === 0 && opposing.length === 0) opposing.push("Nothing that was looked at speaks of it.");
  return { text, for: supporting, against: opposing, verdict };
}
