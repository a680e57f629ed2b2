import { causesInCode } from "./code-causes.ts";
import { addLastChange, type EvidenceSources, toRootCause } from "./evidence.ts";
import type { Depth } from "./locate.ts";
import { causeFromMention, causesInNamedFiles } from "./mentioned-causes.ts";
import { mentionedPlaces, min_named_score } from "./mentioned-places.ts";
import { addHistory, addNeighbours } from "./neighbours.ts";
import type { PreparedInput } from "./prepared-input.ts";
import type { RankedSuspect } from "./rank.ts";
import type { RootCause } from "./report.ts";
import type { CodeFinding } from "./rule.ts";
import { withValueSources } from "./value-causes.ts";

/** Maximum number of root causes in a report. */
export const max_causes = 5;

/**
 * Collects and orders the root causes from traces and tests, from names and words in the problem, and from findings in
 * named files. `from_hypothesis` contains the causes found only through the hypothesis.
 */
export async function rootCauses(
  ranked: readonly RankedSuspect[],
  sources: EvidenceSources,
  known: { prepared: PreparedInput; code_findings: readonly CodeFinding[]; depth: Depth },
): Promise<{ causes: RootCause[]; from_hypothesis: ReadonlySet<RootCause> }> {
  const { location, workspace, git } = sources;
  const { prepared, code_findings, depth } = known;
  const has_clues = location.errors.length > 0 || location.tests.length > 0;
  const on_trace = has_clues ? ranked.flatMap((suspect) => toRootCause(suspect, sources) ?? []) : [];
  const by_trace = withValueSources(on_trace, namedIn(prepared), sources);
  const by_code = causesInCode(code_findings, prepared.problem, location, workspace);
  const unparsable = by_code.filter(({ evidence }) =>
    evidence.some(({ text }) => text.startsWith("The file cannot be parsed")),
  );
  const is_traced = by_trace.length > 0 && prepared.error_traces.length > 0;
  const mentioned = await causesByWords(ranked, sources, { prepared, depth, has_clues });
  const ordered = is_traced
    ? [...unparsable, ...by_trace, ...mentioned.named]
    : has_clues
      ? [...by_code, ...by_trace, ...mentioned.named]
      : [...unparsable, ...withFaultsInside(mentioned.named, by_code), ...by_code, ...mentioned.related];
  const causes = distinct(ordered, new Set([...mentioned.named, ...mentioned.related])).slice(0, max_causes);
  if (depth === "quick") return { causes, from_hypothesis: mentioned.from_hypothesis };
  const traced = causes.filter((cause) => !by_code.includes(cause));
  await Promise.all([
    ...traced.map((cause) => addLastChange(cause, sources)),
    addNeighbours(causes.slice(0, 3), { search: location.search, workspace, is_deep: depth === "deep" }),
    ...(depth === "deep" ? [addHistory(causes.slice(0, 3), git)] : []),
  ]);
  return { causes, from_hypothesis: mentioned.from_hypothesis };
}

const namedIn = ({ states }: PreparedInput): string[] =>
  states.flatMap(({ found }) => (typeof found === "string" ? [] : [found.path]));

/** Matches requests for a review: their words describe the code and not a failure, so they do not point to a cause. */
const is_review = /\b(?:reviews?|examine|audit|inspect|look (?:for|at)|fit for|ready for|any (?:bugs|faults|problems))\b/i;

/** Finds places that the problem or the hypothesis names (`named`), and places that only share their rarer words (`related`). */
async function causesByWords(
  ranked: readonly RankedSuspect[],
  sources: EvidenceSources,
  { prepared, depth, has_clues }: { prepared: PreparedInput; depth: Depth; has_clues: boolean },
): Promise<{ named: RootCause[]; related: RootCause[]; from_hypothesis: ReadonlySet<RootCause> }> {
  const { location, workspace } = sources;
  const known = { workspace, search: location.search, only_names: has_clues || depth === "quick" };
  const places = [
    ...(await mentionedPlaces(prepared.problem, "problem", known)),
    ...(prepared.hypothesis === "" ? [] : await mentionedPlaces(prepared.hypothesis, "hypothesis", known)),
    // At equal scores, places from the problem come before places from the hypothesis.
  ].toSorted((a, b) => b.score - a.score || (a.by === b.by ? 0 : a.by === "problem" ? -1 : 1));
  const drafts = places.map((place) => ({ place, cause: causeFromMention(place, namedIn(prepared), sources) }));
  const from_hypothesis = new Set(drafts.filter(({ place }) => place.by === "hypothesis").map(({ cause }) => cause));
  const skip_related = has_clues || is_review.test(prepared.problem);
  const named = drafts.filter(({ place }) => place.score >= min_named_score).map(({ cause }) => cause);
  const related = drafts.filter(({ place }) => place.score < min_named_score).map(({ cause }) => cause);
  return {
    named,
    related: skip_related ? [] : [...causesInNamedFiles(ranked, prepared.problem, sources), ...related.slice(0, 3)],
    from_hypothesis,
  };
}

/** Puts the findings inside a named definition before the definition itself. */
function withFaultsInside(named: readonly RootCause[], by_code: readonly RootCause[]): RootCause[] {
  return named.flatMap((cause) => [
    ...by_code.filter(({ file, name }) => file === cause.file && name !== undefined && name === cause.name),
    cause,
  ]);
}

/** Removes duplicate places. A cause found by words is also dropped if an earlier cause is in the same definition. */
function distinct(causes: readonly RootCause[], by_words: ReadonlySet<RootCause>): RootCause[] {
  return causes.filter(
    (cause, at) =>
      !causes
        .slice(0, at)
        .some(
          ({ file, line, name }) =>
            file === cause.file && (line === cause.line || (by_words.has(cause) && name !== undefined && name === cause.name)),
        ),
  );
}
