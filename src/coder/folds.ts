import type { Design, Field, Fold, Quantity } from "./design.ts";
import { readField } from "./fields.ts";
import { readFinal, readMembers, readNewer } from "./fold-guards.ts";
import { readQuantities } from "./quantities.ts";
import { snake } from "./words.ts";

const numeric = (field: Field): boolean => /^(?:int|float|Decimal)$/.test(field.type);

/** A condition on events: a fold over all of them would be wrong but look right. */
const event_condition =
  /\bonly (?:[\w-]+ ){1,3}(?:counts?|matters?|are (?:counted|summed|added|included|considered))\b|\bignor(?:es|ing) [\w-]+ (?:events?|charges?|payments?|orders?|entries|records)\b/i;

/** Reads a reducer's fold from its contract. A fold that is not clear becomes an open point. */
export function readFold(given: Design, groups: readonly string[]): Design {
  let design = given;
  const { contract: text } = design;
  const by = groups.filter((name) => design.fields.some((field) => field.name === name));
  const moves = readMoves(text);
  const keyed = by.length > 0 ? by : design.keys;
  if (moves.length > 0) {
    const field = design.fields.find(({ name }) => /(?:status|state|stage|phase)$/.test(name))?.name ?? "status";
    const states = new Set(moves.flat());
    design = { ...design, fields: design.fields.filter((one) => !states.has(one.name)) };
    const fields = design.fields.some(({ name }) => name === field) ? design.fields : [...design.fields, statusField(field)];
    const choices = [...new Set(moves.flat())];
    const chosen = fields.map((one) => (one.name === field ? { ...one, choices } : one));
    return finish(
      { ...design, fields: chosen },
      { kind: "transitions", field, moves, by: keyed.filter((key) => key !== field) },
    );
  }
  const members = readMembers(design, by);
  if (members !== undefined) return finish(design, members);
  const [newer, final] = [readNewer(design), readFinal(design)];
  const latest: Fold = {
    kind: "latest",
    by: keyed,
    ...(newer === undefined ? {} : { newer }),
    ...(final === undefined ? {} : { final }),
  };
  if (final !== undefined && keyed.length > 0) return finish(design, latest);
  if (/\bcach(?:e|es|ing)\b/i.test(text)) return finish(design, { kind: "cache", key: design.keys[0] ?? undefined });
  const parts = readQuantities(design, by);
  const is_understood = newer !== undefined || parts.some(({ only }) => only !== undefined);
  const condition = is_understood ? undefined : text.match(event_condition)?.[0];
  if (condition !== undefined)
    return finish(design, { kind: "open" }, `It is unclear which events "${condition.replaceAll(/\s+/g, " ")}" selects.`);
  if (
    parts.length > 1 ||
    parts.some(({ kind, signs, only }) => kind === "average" || signs !== undefined || only !== undefined)
  )
    return finish(withoutResults(design, parts), {
      kind: "quantities",
      parts,
      by: keyed.filter((key) => !parts.some(({ value }) => value === key)),
    });
  if (parts[0]?.kind === "count") return finish(withoutCount(design), { kind: "count", by });
  const candidates = design.fields.filter((field) => numeric(field) && !by.includes(field.name));
  const mentioned = (pattern: RegExp): Field | undefined => {
    const after = text.match(pattern)?.[1] ?? "";
    const words = snake(after);
    return candidates.find(({ name }) => words.startsWith(name) || words.includes(name)) ?? candidates[0];
  };
  const valued: readonly (readonly ["minimum" | "maximum" | "sum", RegExp])[] = [
    ["minimum", /\b(?:minimum|lowest|smallest|min)\b(.*)/i],
    ["maximum", /\b(?:maximum|highest|largest|peak|max)\b(.*)/i],
    ["sum", /\b(?:sums?|totals?|adds? up|accumulat\w*|aggregat\w*|balances?|running total|tall(?:y|ies))\b(.*)/i],
  ];
  for (const [kind, pattern] of valued) {
    if (!pattern.test(text)) continue;
    const field = mentioned(pattern);
    if (field !== undefined) return finish(design, { kind, value: field.name, by: keyed.filter((key) => key !== field.name) });
  }
  if (/\bcount(?:s|ing|er|ers)?\b|\bnumber of\b|\btall(?:y|ies)\b/i.test(text))
    return finish(withoutCount(design), { kind: "count", by });
  if (/\b(?:latest|last|most recent|newest|current)\b/i.test(text) && keyed.length > 0) return finish(design, latest);
  if (
    /\b(?:collects?|appends?|accumulat\w*|history|log|list of|gathers?|keeps? (?:all|every|track))\b/i.test(text) &&
    design.fields.length > 0
  )
    return finish(design, { kind: "collect", value: "", by: by });
  if (keyed.length > 0 && /\b(?:tracks?|maintains?|keeps?|stores?|merges?|updates?)\b/i.test(text))
    return finish(design, latest);
  return finish(design, { kind: "open" });
}

/** Drops results such as `order_count` from the fields: the state holds them, not an event. */
function withoutResults(design: Design, parts: readonly Quantity[]): Design {
  const used = new Set(parts.flatMap(({ value, signs }) => [value, signs?.field ?? ""]));
  const results = new Set(parts.map(({ name }) => name));
  return {
    ...design,
    fields: design.fields.filter(
      ({ name, is_typed }) =>
        used.has(name) || is_typed === true || !(results.has(name) || /^(?:minimum|maximum|average|total|count)$/.test(name)),
    ),
  };
}

/** Drops counts from the fields: `counts orders` names a result. */
function withoutCount(design: Design): Design {
  return { ...design, fields: design.fields.filter(({ name }) => !/^(?:number_of_|count$|\w+_count$)/.test(name)) };
}

const statusField = (name: string): Field => readField(name) ?? { name, type: "str", is_optional: false };

/** Reads allowed transitions: `created -> paid -> shipped`, `from draft to published`. */
function readMoves(text: string): (readonly [string, string])[] {
  const moves: (readonly [string, string])[] = [];
  const add = (from: string, to: string): void => {
    if (!moves.some(([a, b]) => a === from && b === to)) moves.push([from, to]);
  };
  for (const [chain] of text.matchAll(/\b[\w-]+(?:\s*(?:->|→|=>)\s*[\w-]+)+/g)) {
    const states = chain.split(/\s*(?:->|→|=>)\s*/).map(snake);
    for (let i = 1; i < states.length; i++) add(states[i - 1] ?? "", states[i] ?? "");
  }
  for (const match of text.matchAll(/\bfrom ([a-z_-]+) (?:in)?to ([a-z_-]+)((?:,? (?:and )?(?:then )?to [a-z_-]+)*)/g)) {
    const rest = [...(match[3] ?? "").matchAll(/\bto ([a-z_-]+)/g)].map((one) => snake(one[1] ?? ""));
    const states = [snake(match[1] ?? ""), snake(match[2] ?? ""), ...rest];
    if (!/\b(?:state|status|transition|stage|phase|moves?|lifecycle|workflow)/i.test(text)) continue;
    for (let i = 1; i < states.length; i++) add(states[i - 1] ?? "", states[i] ?? "");
  }
  return moves;
}

function finish(design: Design, fold: Fold, what = "The contract does not say how an event changes the state."): Design {
  if (fold.kind !== "open") return { ...design, fold };
  return { ...design, fold, open_points: [...design.open_points, { method: "fold", what }] };
}
