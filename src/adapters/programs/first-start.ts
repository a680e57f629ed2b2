import { existsSync } from "node:fs";
import type { Program } from "./program.ts";
import { pathOf } from "./sign-in.ts";

/** Longest time that other starts wait for a first start; milliseconds. */
const max_wait_ms = 30_000;

/** First starts in progress, by the path of the file that they create. */
const first_starts = new Map<string, Promise<void>>();

/**
 * Lets only one first start of a program run at a time. Some programs create their database on their first start, and fail
 * if two starts do so at once. The first caller continues; the others wait until it calls the function it received.
 */
export async function serializeFirstStart(
  { first_start_file }: Program,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<() => void> {
  if (first_start_file === undefined) return () => {};
  const path = pathOf(first_start_file, env);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => stop(), { once: true });
  for (let other = first_starts.get(path); other !== undefined && !signal.aborted; other = first_starts.get(path)) {
    await Promise.race([other, stopped]);
  }
  if (signal.aborted || existsSync(path)) return () => {};
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(release, max_wait_ms);
  first_starts.set(path, promise);
  function release(): void {
    clearTimeout(timer);
    if (first_starts.get(path) === promise) first_starts.delete(path);
    resolve();
  }
  return release;
}
