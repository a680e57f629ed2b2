import { unreachable } from "#errors";
import type { ErrorKind } from "#events";

/** How the wait before a retry grows, in milliseconds. */
interface Backoff {
  first_ms: number;
  max_ms: number;
}

/** The backoff of each kind of failure; undefined where a retry cannot help. */
function backoffOf(kind: ErrorKind): Backoff | undefined {
  switch (kind) {
    case "exit":
    case "signal":
    case "timeout":
    case "invalid_output":
    case "verify":
    case "undeclared_write":
    case "conflict":
    case "lost":
      return { first_ms: 500, max_ms: 30_000 };
    case "agent":
    case "rate_limited":
      // A remote service needs time to recover.
      return { first_ms: 2000, max_ms: 120_000 };
    case "spawn":
    case "auth":
    case "budget":
    case "context":
    case "dependency":
    case "condition":
    case "approval":
    case "cancelled":
    case "interrupted":
    case "internal":
      return undefined;
    default:
      return unreachable(kind);
  }
}

/** Whether a failure of this kind may be retried. */
export const isRetryable = (kind: ErrorKind): boolean => backoffOf(kind) !== undefined;

/**
 * Milliseconds to wait after `failed` attempts: exponential, with full jitter, so that tasks that failed together do
 * not come back together (AWS Architecture Blog, "Exponential Backoff And Jitter"). `random` is from 0 up to 1.
 */
export function backoffDelay(kind: ErrorKind, failed: number, random: () => number): number {
  const { first_ms, max_ms } = backoffOf(kind) ?? { first_ms: 0, max_ms: 0 };
  return Math.round(random() * Math.min(max_ms, first_ms * 2 ** (failed - 1)));
}
