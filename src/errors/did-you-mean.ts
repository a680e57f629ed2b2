import { distance } from "fastest-levenshtein";

/** Returns the known name most similar to `written`, or `undefined` if none is similar enough. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const name = written.toLowerCase();
  let best: string | undefined;
  let best_similarity = 0;
  for (const candidate of known) {
    const similarity = similarityOf(name, candidate.toLowerCase());
    if (similarity <= best_similarity) continue;
    best = candidate;
    best_similarity = similarity;
  }
  return best;
}

/** Returns the similarity from 0 to 1 (equal); names too different to be a typo have 0. */
function similarityOf(written: string, known: string): number {
  const longer = Math.max(written.length, known.length);
  const shorter = Math.min(written.length, known.length);
  if (shorter > 0 && longer - shorter <= 3) {
    const edits = distance(written, known);
    const similarity = (longer - edits) / longer;
    if (edits <= 3 && similarity > 0.4) return similarity;
  }
  // `timeout` for `timeout_seconds`, `id` for `task_id`, `depends_on` for `dependencies`.
  const words = known.split(/[_-]/);
  if (words.length > 1 && (words.includes(written) || known.startsWith(written))) return 0.4;
  let common = 0;
  while (common < shorter && written[common] === known[common]) common++;
  return common >= 5 && common >= written.length / 2 ? 0.3 : 0;
}

/** Returns "Did you mean …?"; if no name is similar, `otherwise`, or else a list of the known names. */
export function suggest(written: string, known: readonly string[], otherwise?: string): string | undefined {
  const near = nearest(written, known);
  if (near !== undefined) return `Did you mean ${JSON.stringify(near)}?`;
  if (otherwise !== undefined) return otherwise === "" ? undefined : otherwise;
  const listed = known.length > 20 ? [...known.slice(0, 20), "…"] : known;
  return known.length === 0 ? "Remove it." : `Known: ${listed.join(", ")}.`;
}
