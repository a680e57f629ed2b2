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

/** Most root causes that are told. */
export const max_causes = 5;

/** The causes in their order: what traces and tests lead to, what the words name, and what the code of named files shows by itself; those that only the hypothesis led to are `supposed`. */
export async function rootCauses(
  ranked: readonly RankedSuspect[],
  sources: EvidenceSources,
  known: { prepared: PreparedInput; code_findings: readonly CodeFinding[]; depth: Depth },
): Promise<{ causes: RootCause[]; supposed: ReadonlySet<RootCause> }> {
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
      : [...unparsable, ...withFaultsInside(mentioned.named, by_code), ...by_code, ...mentioned.akin];
  const causes = distinct(ordered, new Set([...mentioned.named, ...mentioned.akin])).slice(0, max_causes);
  if (depth === "quick") return { causes, supposed: mentioned.supposed };
  const traced = causes.filter((cause) => !by_code.includes(cause));
  await Promise.all([
    ...traced.map((cause) => addLastChange(cause, sources)),
    addNeighbours(causes.slice(0, 3), { search: location.search, workspace, is_deep: depth === "deep" }),
    ...(depth === "deep" ? [addHistory(causes.slice(0, 3), git)] : []),
  ]);
  return { causes, supposed: mentioned.supposed };
}

const namedIn = ({ states }: PreparedInput): string[] =>
  states.flatMap(({ found }) => (typeof found === "string" ? [] : [found.path]));

/** Who asks for a review tells of no failure: the words say what the code is about, and nothing of where it is wrong. */
const is_review = /\b(?:reviews?|examine|audit|inspect|look (?:for|at)|fit for|ready for|any (?:bugs|faults|problems))\b/i;

/** What the problem and the hypothesis name (`named`), and what only shares their rarer words (`akin`). */
async function causesByWords(
  ranked: readonly RankedSuspect[],
  sources: EvidenceSources,
  { prepared, depth, has_clues }: { prepared: PreparedInput; depth: Depth; has_clues: boolean },
): Promise<{ named: RootCause[]; akin: RootCause[]; supposed: ReadonlySet<RootCause> }> {
  const { location, workspace } = sources;
  const known = { workspace, search: location.search, only_names: has_clues || depth === "quick" };
  const places = [
    ...(await mentionedPlaces(prepared.problem, "problem", known)),
    ...(prepared.hypothesis === "" ? [] : await mentionedPlaces(prepared.hypothesis, "hypothesis", known)),
    // What somebody saw comes before what somebody supposes.
  ].toSorted((a, b) => b.score - a.score || (a.by === b.by ? 0 : a.by === "problem" ? -1 : 1));
  const drafts = places.map((place) => ({ place, cause: causeFromMention(place, namedIn(prepared), sources) }));
  const supposed = new Set(drafts.filter(({ place }) => place.by === "hypothesis").map(({ cause }) => cause));
  const is_too_vague = has_clues || is_review.test(prepared.problem);
  const named = drafts.filter(({ place }) => place.score >= min_named_score).map(({ cause }) => cause);
  const akin = drafts.filter(({ place }) => place.score < min_named_score).map(({ cause }) => cause);
  return {
    named,
    akin: is_too_vague ? [] : [...causesInNamedFiles(ranked, prepared.problem, sources), ...akin.slice(0, 3)],
    supposed,
  };
}

/** A fault inside of what is named comes before the name of the whole. */
function withFaultsInside(named: readonly RootCause[], by_code: readonly RootCause[]): RootCause[] {
  return named.flatMap((cause) => [
    ...by_code.filter(({ file, name }) => file === cause.file && name !== undefined && name === cause.name),
    cause,
  ]);
}

/** Tells each place once: what words lead to is left out where something else led there before. */
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
