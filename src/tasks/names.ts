import { distance } from "fastest-levenshtein";

/** The known name nearest to what was written, if it is near. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const name = written.toLowerCase();
  let best: string | undefined;
  let best_likeness = 0;
  for (const candidate of known) {
    const likeness = likenessOf(name, candidate.toLowerCase());
    if (likeness <= best_likeness) continue;
    best = candidate;
    best_likeness = likeness;
  }
  return best;
}

/** From 0, nothing in common, to 1, the same; what one would not take for the other counts as 0. */
function likenessOf(written: string, known: string): number {
  const longer = Math.max(written.length, known.length);
  const shorter = Math.min(written.length, known.length);
  if (shorter > 0 && longer - shorter <= 3) {
    const apart = distance(written, known);
    const likeness = (longer - apart) / longer;
    if (apart <= 3 && likeness > 0.4) return likeness;
  }
  // `timeout` for `timeout_seconds`, `id` for `task_id`, `depends_on` for `dependencies`.
  const words = known.split(/[_-]/);
  if (words.length > 1 && (words.includes(written) || known.startsWith(written))) return 0.4;
  let common = 0;
  while (common < shorter && written[common] === known[common]) common++;
  return common >= 5 && common >= written.length / 2 ? 0.3 : 0;
}

/** "Did you mean …?", or where nothing is near `otherwise`, or all that is known. */
export function suggest(written: string, known: readonly string[], otherwise?: string): string | undefined {
  const near = nearest(written, known);
  if (near !== undefined) return `Did you mean ${JSON.stringify(near)}?`;
  if (otherwise !== undefined) return otherwise === "" ? undefined : otherwise;
  const listed = known.length > 20 ? [...known.slice(0, 20), "…"] : known;
  return known.length === 0 ? "Remove it." : `Known: ${listed.join(", ")}.`;
}

/** What a value is, in a few words: `"five"`, `3`, `a list`. */
export function describeValue(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…${typeof value === "string" ? '"' : ""}` : text;
}
