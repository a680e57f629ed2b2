import { confidenceOf, type Evidence } from "./confidence.ts";
import { linesAround } from "./evidence.ts";
import type { Location } from "./locate.ts";
import { definitionAt } from "./outline.ts";
import type { RootCause } from "./report.ts";
import type { CodeFinding } from "./rule.ts";
import { wordsOf } from "./words.ts";
import type { Workspace } from "./workspace.ts";

/** Matches descriptions of time or memory problems. */
export const is_about_speed =
  /\b(?:slow\w*|performance|latency|response times?|throughput|time[sd]? ?outs?|cpu|memory|leak\w*|hangs?|bottlenecks?|speed|degrad\w+|faster)\b/i;

/**
 * Turns findings in the code into causes: syntax errors, slow code if the problem is about speed, and other findings that
 * share words with the problem if there is no trace.
 */
export function causesInCode(
  found: readonly CodeFinding[],
  problem: string,
  location: Location,
  workspace: Workspace,
): RootCause[] {
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
      { kind: "named", text: `The input names ${one.file}.` },
    ];
    if (shared.length > 0) evidence.push({ kind: "words", text: `Words of the problem occur here: ${shared.join(", ")}.` });
    const recent = location.commits
      .slice(0, Math.min(15, location.commits.length / 3))
      .find(({ files }) => files.includes(one.file));
    if (recent !== undefined)
      evidence.push({
        kind: "history",
        text: `Commit ${recent.hash.slice(0, 10)} "${recent.subject}" recently changed the file.`,
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
