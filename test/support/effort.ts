/**
 * How much a test run does, and what it draws at random. `npm run soak` (`SOAK=1`) runs every long count whole. Other runs
 * do a tenth, drawn by the seed of the commit, so that many commits together cover all of it.
 */
import { inject } from "vitest";

/** The seed of this test run, from `seed.ts`. Messages of failed assertions that depend on it print it. */
export const seed: number = inject("seed");

/** One of how many cases runs. */
const share = process.env["SOAK"] === "1" ? 1 : 10;

/** Returns how many of `whole` repetitions to run: all of them in a soak, otherwise a tenth, but at least `least`. */
export const count = (whole: number, least = 1): number => Math.min(whole, Math.max(least, Math.ceil(whole / share)));

/**
 * Yields the numbers of cases, from 1 to `last`: every number in a soak, otherwise every tenth. The seed and the label
 * choose the first. Without `last`, the caller stops when a case finds the end.
 */
export function* numbersToTry(label: string, last = Number.POSITIVE_INFINITY): Generator<number> {
  for (let at = 1 + Math.floor(randomFor(label)() * share); at <= last; at += share) yield at;
}

/** Yields the indexes of a tenth of `length` cases, as `numbersToTry` does. */
export function* indexesToTry(label: string, length: number): Generator<number> {
  for (const number of numbersToTry(label, length)) yield number - 1;
}

/** Returns a generator of numbers from 0 up to 1 (mulberry32). It depends on the seed and the label only. */
export function randomFor(label: string): () => number {
  let state = seed;
  for (const char of label) state = Math.imul(state ^ char.charCodeAt(0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
