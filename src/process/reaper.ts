import { constants } from "node:os";
import type { Leader, LeaderEnd } from "./command.ts";

/** Reports the ends of children that Node did not start. */
export interface Reaper {
  /** Call before a start, so that no end is missed; then call `expect` if it succeeded, `cancel` if it did not. */
  listen(): { expect(pid: number): Leader; cancel(): undefined };
}

/** The C library's `waitpid`. */
type WaitPid = (pid: number, status: Int32Array, options: number) => number;

/** A child that has not been reaped yet. */
interface Child {
  /** Whether dispatch may exit before it. */
  is_unref: boolean;
  report(end: LeaderEnd): void;
}

/** `WNOHANG`. */
const no_hang = 1;

/** How often to check without a signal, in milliseconds. SIGCHLD is handled at once; this covers a lost one. */
const poll_ms = 1000;

/** Some signals have two names, such as SIGABRT and SIGIOT; Node reports the first. */
const signal_names = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/**
 * Creates a reaper. It waits for each child by its id, as Node does for its own, so neither reaps the other's children.
 * It keeps dispatch alive while any child is left on which `unref` was not called.
 */
export function createReaper(waitpid: WaitPid): Reaper {
  const waiting = new Map<number, Child>();
  const status = new Int32Array(1);
  let timer: NodeJS.Timeout | undefined;

  function reapAll(): void {
    // Other code in this process may have removed all listeners.
    if (!process.listeners("SIGCHLD").includes(reapAll)) process.on("SIGCHLD", reapAll);
    for (const [pid, child] of waiting) {
      const found = waitpid(pid, status, no_hang);
      if (found === 0) continue;
      waiting.delete(pid);
      // An error means that other code in this process has reaped the child. Its status is lost, so it is no success.
      child.report(found === pid ? decodeStatus(status[0] ?? 0) : { exit_code: null, signal: null });
    }
    stopIfIdle();
  }

  function stopIfIdle(): void {
    if (timer === undefined) return;
    if (waiting.size === 0) {
      process.removeListener("SIGCHLD", reapAll);
      clearInterval(timer);
      timer = undefined;
    } else if ([...waiting.values()].every(({ is_unref }) => is_unref)) timer.unref();
  }

  return {
    listen() {
      if (timer === undefined) {
        process.on("SIGCHLD", reapAll);
        timer = setInterval(reapAll, poll_ms);
      }
      timer.ref();
      return {
        cancel: () => void stopIfIdle(),
        expect(pid) {
          let ended: LeaderEnd | undefined;
          let exit_listener: ((end: LeaderEnd) => void) | undefined;
          const child: Child = {
            is_unref: false,
            report(end) {
              ended = end;
              exit_listener?.(end);
            },
          };
          waiting.set(pid, child);
          return {
            pid,
            onExit(listener) {
              if (ended === undefined) exit_listener = listener;
              else listener(ended);
            },
            unref() {
              // It stays in the map, so that it is reaped when it ends. It must not be looked up by id: if it has ended,
              // the id may already belong to another child.
              child.is_unref = true;
              stopIfIdle();
            },
          };
        },
      };
    },
  };
}

/** Decodes a wait status as <sys/wait.h> does. */
function decodeStatus(status: number): LeaderEnd {
  const signal = status & 0x7f;
  if (signal === 0) return { exit_code: (status >> 8) & 0xff, signal: null };
  return { exit_code: null, signal: signal_names.get(signal) ?? `signal ${signal}` };
}
