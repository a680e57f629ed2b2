import type { Query } from "./query.ts";
import type { Unit } from "./unit.ts";

/** Returns the words and identifiers (`=name`) of a query with their weights. */
export function queryTerms({ words, identifiers }: Query): Map<string, number> {
  return new Map([...words, ...[...identifiers].map(([name, weight]) => [`=${name}`, weight] as const)]);
}

/** Sets the word signals: BM25 of the query's terms over the units and over their files. */
export function markWords(units: readonly Unit[], terms: ReadonlyMap<string, number>): void {
  const mean = units.reduce((sum, unit) => sum + unit.length, 0) / units.length || 1;
  const idf = new Map<string, number>();
  for (const word of terms.keys()) {
    let holders = 0;
    for (const unit of units) if (unit.words.has(word)) holders++;
    idf.set(word, Math.log(1 + (units.length - holders + 0.5) / (holders + 0.5)));
  }
  const by_file = new Map<string, Map<string, number>>();
  const scores = units.map((unit) => {
    let score = 0;
    const of_file = by_file.get(unit.definition.file) ?? new Map<string, number>();
    by_file.set(unit.definition.file, of_file);
    for (const [word, weight] of terms) {
      const count = unit.words.get(word);
      if (count === undefined) continue;
      const part = (idf.get(word) ?? 0) * weight;
      score += (part * count * 2.2) / (count + 1.2 * (0.4 + (0.6 * unit.length) / mean));
      of_file.set(word, Math.max(of_file.get(word) ?? 0, part));
    }
    return score;
  });
  const max_score = Math.max(...scores, 1e-9);
  const file_scores = new Map([...by_file].map(([file, found]) => [file, [...found.values()].reduce((a, b) => a + b, 0)]));
  const max_file_score = Math.max(...file_scores.values(), 1e-9);
  units.forEach((unit, i) => {
    unit.signals.words = (scores[i] ?? 0) / max_score;
    unit.signals.file_words = (file_scores.get(unit.definition.file) ?? 0) / max_file_score;
  });
}
