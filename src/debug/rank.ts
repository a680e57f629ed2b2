import { blank } from "./blank.ts";
import type { Query } from "./query.ts";
import type { Signals, Suspect } from "./unit.ts";
import { identifiersOf, wordsOf } from "./words.ts";
import type { Workspace } from "./workspace.ts";

/** A suspect with its score. */
export interface RankedSuspect extends Suspect {
  score: number;
  /** The line to read first. */
  line: number;
}

/** The weight of each signal, tuned on half of the faults of `test/bench/debug.ts` and measured on the other half. */
export const weights: Readonly<Record<keyof Signals, number>> = {
  frame: 2,
  file_frame: 0.35,
  called: 0.15,
  direct: 0.25,
  words: 0.8,
  file_words: 0.5,
  raised: 0.4,
  imported: 0.15,
  twin: 0.4,
  name: 0.15,
  churn: 0.3,
  together: 0.5,
  named: 1,
  size: 0.75,
  not_function: -0.4,
  peripheral: -1.5,
};

/** Returns the weighted sum of the signals. */
function scoreOf(signals: Signals): number {
  let score = 0;
  // The cast is safe: `weights` has exactly the keys of `Signals`.
  for (const name of Object.keys(weights) as (keyof Signals)[]) score += weights[name] * signals[name];
  return score;
}

/** Sorts suspects by score and finds the line of each; returns at most `max_suspects`. */
export function rankSuspects(
  suspects: readonly Suspect[],
  query: Query,
  workspace: Workspace,
  max_suspects: number,
): RankedSuspect[] {
  const scored = suspects.map((suspect) => ({ suspect, score: scoreOf(suspect.signals) }));
  scored.sort((a, b) => b.score - a.score || a.suspect.definition.first - b.suspect.definition.first);
  const taken: RankedSuspect[] = [];
  for (const { suspect, score } of scored) {
    if (taken.length >= max_suspects) break;
    const { file, first, last } = suspect.definition;
    // A function and its enclosing definition count as one suspect.
    const is_same = taken.some(({ definition: one }) => one.file === file && one.first <= last && first <= one.last);
    if (!is_same) taken.push({ ...suspect, score, line: lineOf(suspect, query, workspace) });
  }
  return taken;
}

/** Returns the line of a frame, or else a line with the error's text, or else the line that best matches the failure's words. */
function lineOf({ definition, frame_lines, raised_lines }: Suspect, query: Query, workspace: Workspace): number {
  const [by_frame] = frame_lines;
  if (by_frame !== undefined) return by_frame;
  const source = workspace.text(definition.file);
  const [by_text] = raised_lines;
  if (by_text !== undefined || source === undefined) return by_text ?? definition.first;
  const { first } = definition;
  const last = Math.min(definition.last, first + 600);
  const counts = new Map<string, number>();
  const { code } = blank(source);
  const lines = source.lines
    .slice(first - 1, last)
    .map((text) => new Set([...wordsOf(text), ...identifiersOf(text).map((name) => `=${name}`)]));
  for (const words of lines) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const own = lines.map((words, i) => {
    let sum = 0;
    // A fix changes code, so skip lines with only a comment or a string.
    if (/^\W*$/.test(code[first - 1 + i] ?? "")) return 0;
    for (const word of words) {
      const weight = word.startsWith("=") ? query.identifiers.get(word.slice(1)) : query.words.get(word);
      if (weight !== undefined) sum += weight / (counts.get(word) ?? 1);
    }
    return sum;
  });
  let best = 0;
  let best_sum = -1;
  own.forEach((_, i) => {
    let sum = 0;
    for (let by = -4; by <= 4; by++) sum += (own[i + by] ?? 0) / (1 + 0.25 * Math.abs(by));
    // The first line of a function always contains the words of its name.
    if (i === 0 && own.length > 3) sum *= 0.5;
    if (sum > best_sum) {
      best_sum = sum;
      best = i;
    }
  });
  return first + best;
}
