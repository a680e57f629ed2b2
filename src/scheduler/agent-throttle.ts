import { createReadyHeap, type ReadyHeap } from "#graph";
import type { GateFactory } from "./admission.ts";

/** Pause after a rate limit whose end the agent did not report: doubled for each limit in a row; milliseconds. */
const default_pause = { first_ms: 5000, max_ms: 300_000 } as const;

/** Rate limits in a row, with no success between them, before the task fails; more where the agent reports their end. */
const max_consecutive_limits = { unreported: 10, reported: 60 } as const;

/** What all tasks of one agent share: how many may run at once, and from when. */
interface AgentState {
  running: number;
  /** Most that may run at once; halved by limits, raised again by successes. */
  limit: number;
  /** Successes since `limit` last changed. */
  successes: number;
  limits_in_a_row: number;
  /** By the clock's `now`; meaningless while the agent is not paused. */
  paused_until: number;
  cancelPause: (() => void) | undefined;
  /** Ready tasks that wait for the agent. */
  parked: ReadyHeap;
}

/**
 * The gate of rate limits. A limit pauses its agent for all tasks until the time that the agent reported, and halves how
 * many of its tasks run at once; successes raise that again one by one (additive increase, multiplicative decrease).
 */
export const agentThrottle: GateFactory = ({ agentOf, before, clock, random, wake }) => {
  const agents = new Map<string, AgentState>();
  let is_closed = false;

  function stateOf(task: number): AgentState {
    const agent = agentOf(task);
    let state = agents.get(agent);
    if (state === undefined) {
      state = {
        running: 0,
        limit: Number.POSITIVE_INFINITY,
        successes: 0,
        limits_in_a_row: 0,
        paused_until: 0,
        cancelPause: undefined,
        parked: createReadyHeap(before),
      };
      agents.set(agent, state);
    }
    return state;
  }

  const isPaused = (agent: AgentState): boolean => agent.cancelPause !== undefined;

  /** Wakes as many parked tasks as may run. */
  function drain(agent: AgentState): void {
    if (isPaused(agent)) return;
    const free: number[] = [];
    while (agent.running + free.length < agent.limit) {
      const task = agent.parked.pop();
      if (task === undefined) break;
      free.push(task);
    }
    if (free.length > 0) wake(free);
  }

  function pause(agent: AgentState, ms: number): void {
    const until = clock.now() + ms;
    if (isPaused(agent) && until <= agent.paused_until) return;
    agent.cancelPause?.();
    agent.paused_until = until;
    agent.cancelPause = clock.after(ms, () => {
      agent.cancelPause = undefined;
      drain(agent);
    });
  }

  function noteLimit(agent: AgentState, at_once: number, retry_at: string | undefined): number | undefined {
    // Attempts that started together are refused together: that is one limit.
    if (!isPaused(agent)) {
      agent.limits_in_a_row++;
      agent.limit = Math.max(1, Math.floor(at_once / 2));
      agent.successes = 0;
    }
    const reported_ms = retry_at === undefined ? Number.NaN : Date.parse(retry_at) - clock.wall();
    const wait_ms = waitOf(agent.limits_in_a_row, reported_ms, random);
    if (wait_ms === undefined) return undefined;
    pause(agent, wait_ms);
    return agent.paused_until - clock.now();
  }

  return {
    request(task) {
      const agent = stateOf(task);
      if (isPaused(agent) || agent.running >= agent.limit) {
        agent.parked.push(task);
        return { type: "waiting" };
      }
      agent.running++;
      return { type: "granted" };
    },
    cancel(task) {
      const agent = stateOf(task);
      agent.running--;
      drain(agent);
    },
    settle(task, outcome) {
      if (is_closed) return undefined;
      const agent = stateOf(task);
      const at_once = agent.running--;
      // An attempt that began before the limit says nothing about attempts after it.
      if (outcome.status === "success" && !isPaused(agent)) noteSuccess(agent);
      const is_limited = outcome.status === "error" && outcome.error_kind === "rate_limited";
      const wait_ms = is_limited ? noteLimit(agent, at_once, outcome.retry_at) : undefined;
      drain(agent);
      return wait_ms === undefined ? undefined : { wait_ms };
    },
    close() {
      is_closed = true;
      for (const agent of agents.values()) agent.cancelPause?.();
      agents.clear();
    },
  };
};

/**
 * Milliseconds to wait after a number of limits in a row; undefined after too many. `reported_ms` is the time until the
 * limit ends as the agent reported it, else NaN.
 */
function waitOf(limits_in_a_row: number, reported_ms: number, random: () => number): number | undefined {
  const own = Math.min(default_pause.max_ms, default_pause.first_ms * 2 ** (limits_in_a_row - 1));
  const is_reported = !Number.isNaN(reported_ms);
  if (limits_in_a_row > (is_reported ? max_consecutive_limits.reported : max_consecutive_limits.unreported)) return undefined;
  // Half of it is jitter, so that agents of several dispatches do not return together.
  if (!is_reported) return own * (0.5 + random() / 2);
  // An agent that reports a time in the past, again and again, has reported none.
  return Math.max(reported_ms, limits_in_a_row > 2 ? own / 4 : 0) + 250 * random();
}

function noteSuccess(agent: AgentState): void {
  agent.limits_in_a_row = 0;
  if (++agent.successes < agent.limit) return;
  agent.limit++;
  agent.successes = 0;
}
