import { confidenceOf, type Evidence } from "./confidence.ts";
import { contextEvidence, type EvidenceSources, linesAround } from "./evidence.ts";
import type { MentionedPlace } from "./mentioned-places.ts";
import { mentionsOf } from "./mentions.ts";
import { outlineOf } from "./outline.ts";
import type { RankedSuspect } from "./rank.ts";
import type { RootCause } from "./report.ts";
import { wholeWordsOf } from "./words.ts";

/** Turns a place that the problem or the hypothesis mentions into a cause. A mention only shows where to look. */
export function causeFromMention(
  place: MentionedPlace,
  named: readonly string[],
  { workspace, context }: EvidenceSources,
): RootCause {
  const { file, line, definition, claim } = place;
  const evidence: Evidence[] = [...place.evidence];
  if (named.includes(file)) evidence.push({ kind: "named", text: `The input names ${file}.` });
  evidence.push(...contextEvidence(file, definition?.name ?? "", context));
  return {
    ...{ file, line, claim, evidence, confidence: confidenceOf(evidence), lines: linesAround(workspace, file, line) },
    ...(definition === undefined ? {} : { name: definition.name }),
  };
}

/** Maximum number of causes found only by shared words in a named file. */
const max_in_named = 2;

/**
 * Turns functions of named files into causes if they contain at least two of the problem's rarer words, and at least one of
 * those words occurs in few other functions of the file.
 */
export function causesInNamedFiles(
  ranked: readonly RankedSuspect[],
  problem: string,
  { workspace, context }: EvidenceSources,
): RootCause[] {
  const { words } = mentionsOf(problem);
  const causes = ranked.flatMap(({ definition, signals, line }): RootCause[] => {
    const { file, name, kind } = definition;
    const source = workspace.text(file);
    if (signals.named === 0 || kind !== "function" || source === undefined) return [];
    const functions = outlineOf(source).filter((one) => one.kind === "function");
    const holders = functions.map((one) => new Set(wholeWordsOf(source.lines.slice(one.first - 1, one.last).join("\n"))));
    const own = holders[functions.findIndex((one) => one.first === definition.first)];
    const shared = words.filter((word) => own?.has(word));
    const is_rare = (word: string): boolean =>
      holders.filter((one) => one.has(word)).length <= Math.max(1, functions.length / 5);
    if (shared.length < 2 || !shared.some(is_rare)) return [];
    const evidence: Evidence[] = [
      { kind: "named", text: `The input names ${file}.` },
      { kind: "words", text: `Words of the problem occur here: ${shared.join(", ")}.` },
      ...contextEvidence(file, name, context),
    ];
    const claim = `${name} in ${file} matches the words of the problem best.`;
    return [
      { file, line, name, claim, confidence: confidenceOf(evidence), evidence, lines: linesAround(workspace, file, line) },
    ];
  });
  return causes.slice(0, max_in_named);
}
