import { constants } from "node:os";
import type { Leader, LeaderEnd } from "./command.ts";

/** Hears of the ends of children that Node does not know of. */
export interface Reaper {
  /** From now on no end is missed: to be called before a start, and followed by what became of it. */
  listen(): { expect(pid: number): Leader; cancel(): undefined };
}

/** `waitpid` of the C library. */
type WaitPid = (pid: number, status: Int32Array, options: number) => number;

/** A child that has not been reaped. */
interface Child {
  /** Dispatch may end before it. */
  is_unref: boolean;
  tell(end: LeaderEnd): void;
}

const no_hang = 1;

/** How often it looks unasked, in milliseconds: signals are heard at once, and this is for one that somebody else took. */
const look_ms = 1000;

/** Some have two names, and Node says the first: SIGABRT is SIGIOT too. */
const signal_names = new Map(
  Object.entries(constants.signals)
    .reverse()
    .map(([name, number]) => [number, name]),
);

/**
 * Makes a reaper. It asks for each child by its number, as Node does for its own, so neither takes the other's. As long as
 * there is one to wait for that was not given up, dispatch does not end.
 */
export function createReaper(waitpid: WaitPid): Reaper {
  const waiting = new Map<number, Child>();
  const status = new Int32Array(1);
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    // Somebody else in this process may have taken every listener away.
    if (!process.listeners("SIGCHLD").includes(look)) process.on("SIGCHLD", look);
    for (const [pid, child] of waiting) {
      const found = waitpid(pid, status, no_hang);
      if (found === 0) continue;
      waiting.delete(pid);
      // That it is not known any more cannot be, unless somebody else in this process has asked; it was no success then.
      child.tell(found === pid ? endOf(status[0] ?? 0) : { exit_code: null, signal: null });
    }
    restIfIdle();
  }

  function restIfIdle(): void {
    if (timer === undefined) return;
    if (waiting.size === 0) {
      process.removeListener("SIGCHLD", look);
      clearInterval(timer);
      timer = undefined;
    } else if ([...waiting.values()].every(({ is_unref }) => is_unref)) timer.unref();
  }

  return {
    listen() {
      if (timer === undefined) {
        process.on("SIGCHLD", look);
        timer = setInterval(look, look_ms);
      }
      timer.ref();
      return {
        cancel: () => void restIfIdle(),
        expect(pid) {
          let ended: LeaderEnd | undefined;
          let listening: ((end: LeaderEnd) => void) | undefined;
          const child: Child = {
            is_unref: false,
            tell(end) {
              ended = end;
              listening?.(end);
            },
          };
          waiting.set(pid, child);
          return {
            pid,
            onExit(listener) {
              if (ended === undefined) listening = listener;
              else listener(ended);
            },
            unref() {
              // It stays listed, so that it is no zombie once it ends. Has it ended, its number may be another's by now.
              child.is_unref = true;
              restIfIdle();
            },
          };
        },
      };
    },
  };
}

/** What a wait status says, as <sys/wait.h> reads it. */
function endOf(status: number): LeaderEnd {
  const signal = status & 0x7f;
  if (signal === 0) return { exit_code: (status >> 8) & 0xff, signal: null };
  return { exit_code: null, signal: signal_names.get(signal) ?? `signal ${signal}` };
}
