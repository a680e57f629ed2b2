import type { AttemptOutcome } from "#events";
import { createReadyHeap, type ReadyHeap } from "#graph";

/** Time as the scheduler needs it. */
export interface Clock {
  /** Milliseconds, never going back. */
  now(): number;
  /** Milliseconds since 1970, as clocks on the wall show it. */
  wall(): number;
  /** Calls back after `ms`, unless it is cancelled by the function that comes back. */
  after(ms: number, call: () => void): () => void;
}

/** How long an agent that tells no time is left alone: doubled each time in a row; milliseconds. */
const default_pause = { first_ms: 5000, max_ms: 300_000 } as const;

/** So many limits in a row, with no success between them, and nobody believes that it will end; more where times are told. */
const max_consecutive_limits = { untold: 10, told: 60 } as const;

/** What all tasks of one agent share: how many may run, and when. */
interface AgentState {
  running: number;
  /** Most that may run at once; lowered by limits, raised again by successes. */
  limit: number;
  /** Successes since it was last changed. */
  successes: number;
  limits_in_a_row: number;
  /** By the clock's `now`; 0 while it is not paused. */
  paused_until: number;
  cancelPause: (() => void) | undefined;
  /** Tasks that are ready and wait for the lane. */
  parked: ReadyHeap;
}

/** The lanes of a run; each agent has one. */
export interface AgentThrottle {
  /** Takes a place for a task that is to start now. Where there is none the task is kept, and comes back by `release`. */
  enter(task: number): boolean;
  /** Gives the place back. Milliseconds to wait, if the agent was limited and the task may come back when it is over. */
  leave(task: number, outcome: AttemptOutcome): number | undefined;
  /** A task that was limited waits in the lane. */
  park(task: number): void;
  /** Forgets all who wait. */
  close(): void;
}

/**
 * One lane for each agent. A rate limit pauses its agent for everybody, until the time that the agent told, and halves
 * how many of its tasks run at once; successes raise that again, one by one (additive increase, multiplicative decrease).
 */
export function createAgentThrottle(options: {
  agentOf(task: number): string;
  before(a: number, b: number): boolean;
  clock: Clock;
  /** From 0 up to 1. */
  random(): number;
  /** These may start. */
  release(tasks: readonly number[]): void;
}): AgentThrottle {
  const { agentOf, before, clock, random } = options;
  const lanes = new Map<string, AgentState>();
  let is_closed = false;

  function stateOf(task: number): AgentState {
    const agent = agentOf(task);
    let lane = lanes.get(agent);
    if (lane === undefined) {
      const open = { running: 0, limit: Number.POSITIVE_INFINITY, successes: 0, limits_in_a_row: 0, paused_until: 0 };
      lane = { ...open, cancelPause: undefined, parked: createReadyHeap(before) };
      lanes.set(agent, lane);
    }
    return lane;
  }

  const isPaused = (lane: AgentState): boolean => lane.cancelPause !== undefined;

  /** Lets go as many as there are places. */
  function drain(lane: AgentState): void {
    if (isPaused(lane)) return;
    const free: number[] = [];
    while (lane.running + free.length < lane.limit) {
      const task = lane.parked.pop();
      if (task === undefined) break;
      free.push(task);
    }
    if (free.length > 0) options.release(free);
  }

  function pause(lane: AgentState, ms: number): void {
    const until = clock.now() + ms;
    if (isPaused(lane) && until <= lane.paused_until) return;
    lane.cancelPause?.();
    lane.paused_until = until;
    lane.cancelPause = clock.after(ms, () => {
      lane.cancelPause = undefined;
      drain(lane);
    });
  }

  /** How long to wait; undefined where that has been tried often enough. */
  function waitOf(lane: AgentState, retry_at: string | undefined): number | undefined {
    const own = Math.min(default_pause.max_ms, default_pause.first_ms * 2 ** (lane.limits_in_a_row - 1));
    const told = retry_at === undefined ? Number.NaN : Date.parse(retry_at) - clock.wall();
    // Half of it is jitter, so that agents of several dispatches do not come back together.
    const most = Number.isNaN(told) ? max_consecutive_limits.untold : max_consecutive_limits.told;
    if (lane.limits_in_a_row > most) return undefined;
    if (Number.isNaN(told)) return own * (0.5 + random() / 2);
    // Who tells a time that has passed, again and again, has not told one.
    return Math.max(told, lane.limits_in_a_row > 2 ? own / 4 : 0) + 250 * random();
  }

  return {
    enter(task) {
      const lane = stateOf(task);
      if (isPaused(lane) || lane.running >= lane.limit) {
        lane.parked.push(task);
        return false;
      }
      lane.running++;
      return true;
    },
    leave(task, outcome) {
      if (is_closed) return undefined;
      const lane = stateOf(task);
      const at_once = lane.running--;
      // What had begun before the limit says nothing of what may begin after it.
      if (outcome.status === "success" && !isPaused(lane)) {
        lane.limits_in_a_row = 0;
        if (++lane.successes >= lane.limit) {
          lane.limit++;
          lane.successes = 0;
        }
      }
      let wait: number | undefined;
      if (outcome.status === "error" && outcome.error_kind === "rate_limited") {
        // Those that were started together are refused together, and that is one limit.
        if (!isPaused(lane)) {
          lane.limits_in_a_row++;
          lane.limit = Math.max(1, Math.floor(at_once / 2));
          lane.successes = 0;
        }
        wait = waitOf(lane, outcome.retry_at);
        if (wait !== undefined) {
          pause(lane, wait);
          wait = lane.paused_until - clock.now();
        }
      }
      drain(lane);
      return wait;
    },
    park: (task) => stateOf(task).parked.push(task),
    close() {
      is_closed = true;
      for (const lane of lanes.values()) lane.cancelPause?.();
      lanes.clear();
    },
  };
}
