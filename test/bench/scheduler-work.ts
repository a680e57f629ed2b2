// One measurement in a fresh process: prints {"ms", "mb"} and fails if the work was not done.
import pLimit from "p-limit";
import { createGraph } from "../../src/graph/index.ts";
import { agentThrottle, budgetGate, schedule } from "../../src/scheduler/index.ts";

const count = 100_000;
const max_workers = 5;

async function runScheduler(): Promise<number> {
  const made = createGraph(
    Array.from({ length: count }, (_, i) => ({
      task_id: `t${i}`,
      dependencies: i < 100 ? [] : [`t${i - 100}`, `t${i - 1 - (i % 50)}`],
    })),
  );
  if ("cycles" in made) throw new Error("made without cycles");
  const tasks = Array.from({ length: count }, (_, i) => ({
    task_id: `t${i}`,
    agent: "none",
    rank: i % 4,
    chain: 0,
    retries: 0,
    run_when: "all_succeeded" as const,
  }));
  let ran = 0;
  let ended = 0;
  const outcome = { status: "success", output: null } as const;
  const began = performance.now();
  await schedule({
    graph: made.graph,
    tasks,
    max_workers,
    fail_fast: false,
    gates: [
      budgetGate({ run_usd: undefined, task_count: count, spender: () => ({ is_paid: false, budget_usd: undefined }) }),
      agentThrottle,
    ],
    async execute() {
      ran++;
      return outcome;
    },
    publish(event) {
      if (event.type === "task.finished") ended++;
      return undefined;
    },
    clock: { now: () => performance.now(), wall: Date.now, after: () => () => {} },
    random: Math.random,
    signal: new AbortController().signal,
  });
  const ms = performance.now() - began;
  if (ran !== count || ended !== count) throw new Error(`${ran} ran, ${ended} ended`);
  return ms;
}

async function runLimit(): Promise<number> {
  const limit = pLimit(max_workers);
  let ran = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: count }, () =>
      limit(async () => {
        ran++;
      }),
    ),
  );
  const ms = performance.now() - began;
  if (ran !== count) throw new Error(`${ran} ran`);
  return ms;
}

const ms = process.argv[2] === "schedule" ? await runScheduler() : await runLimit();
process.stdout.write(JSON.stringify({ ms, mb: process.resourceUsage().maxRSS / 1024 }));
