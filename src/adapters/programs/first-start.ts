import { existsSync } from "node:fs";
import type { Program } from "./program.ts";
import { pathOf } from "./sign-in.ts";

/** Longest that others wait for a first start; milliseconds. */
const patience_ms = 30_000;

/** First starts under way, by what they make. */
const making = new Map<string, Promise<void>>();

/**
 * Some programs make their database when they are first started, and fail where two do that at once. The first goes
 * ahead, the others wait here until the function that it was given says that it has begun.
 */
export async function serializeFirstStart(
  { first_start_makes }: Program,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<() => void> {
  if (first_start_makes === undefined) return () => {};
  const path = pathOf(first_start_makes, env);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => stop(), { once: true });
  for (let other = making.get(path); other !== undefined && !signal.aborted; other = making.get(path)) {
    await Promise.race([other, stopped]);
  }
  if (signal.aborted || existsSync(path)) return () => {};
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(begun, patience_ms);
  making.set(path, promise);
  function begun(): void {
    clearTimeout(timer);
    if (making.get(path) === promise) making.delete(path);
    resolve();
  }
  return begun;
}
