import { confidenceOf, type Evidence } from "./confidence.ts";
import { contextEvidence, linesAround, type Sources, sharedWords } from "./evidence.ts";
import type { MentionedPlace } from "./mentioned-places.ts";
import type { Ranked } from "./rank.ts";
import type { RootCause } from "./report.ts";

/** Draws up a place that the problem or the hypothesis names as a cause; a name says where to look, and no more. */
export function causeOfMention(place: MentionedPlace, named: readonly string[], { workspace, context }: Sources): RootCause {
  const { file, line, definition, claim } = place;
  const evidence: Evidence[] = [...place.evidence];
  if (named.includes(file)) evidence.push({ kind: "named", text: `${file} is among the files to look at.` });
  evidence.push(...contextEvidence(file, definition?.name ?? "", context));
  return {
    ...{ file, line, claim, evidence, confidence: confidenceOf(evidence), lines: linesAround(workspace, file, line) },
    ...(definition === undefined ? {} : { name: definition.name }),
  };
}

/** Most causes for which nothing but a few words in a named file speaks. */
const most_in_named = 2;

/** Draws up those suspects of named files that bear several of the problem's words. */
export function causesInNamedFiles(ranked: readonly Ranked[], sources: Sources): RootCause[] {
  const causes = ranked.flatMap((suspect): RootCause[] => {
    const { definition, signals, line } = suspect;
    const shared = sharedWords(suspect, sources);
    if (signals.named === 0 || signals.words < 0.7 || shared.length < 2) return [];
    const { file, name } = definition;
    const evidence: Evidence[] = [
      { kind: "named", text: `${file} is among the files to look at.` },
      { kind: "words", text: `The problem's words stand here: ${shared.slice(0, 8).join(", ")}.` },
      ...contextEvidence(file, name, sources.context),
    ];
    const claim = `${name} in ${file} is what the problem's words speak of most.`;
    const lines = linesAround(sources.workspace, file, line);
    return [{ file, line, name, claim, confidence: confidenceOf(evidence), evidence, lines }];
  });
  return causes.slice(0, most_in_named);
}
