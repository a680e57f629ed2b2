/** Every agent adapter, with an agent controlled by the test, so that one suite can test all adapters. */
import type { RunEvent, RunResult } from "../../../src/index.ts";
import { Rig, type Started, until } from "../rig.ts";
import { acp } from "./acp.ts";
import { api_adapters } from "./api.ts";
import type { FakeTurn, TestAdapter } from "./fake-agent.ts";
import { program_adapters } from "./programs.ts";

export type { FakeTurn, TestAdapter } from "./fake-agent.ts";

/** All adapters, by name. */
export const adapters: readonly (readonly [string, TestAdapter])[] = Object.entries({
  ...program_adapters,
  acp,
  ...api_adapters,
});

/** A run of one task, `a`, on an agent controlled by the test. */
export interface FakeRun {
  rig: Rig;
  started: Started;
  next(): Promise<FakeTurn>;
  /** Resolves to the task's row when the run has ended. */
  row(): Promise<RunResult["results"][number] | undefined>;
  /** Returns the events of one type in the journal so far. */
  events<Type extends RunEvent["type"]>(type: Type): Extract<RunEvent, { type: Type }>[];
  /** Resolves when the journal has an event of this type. */
  waitForEvent(type: RunEvent["type"]): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a run of one task on an adapter. */
export async function startFakeRun(
  adapter: TestAdapter,
  task: object = {},
  config: object = {},
  env: Record<string, string> = {},
): Promise<FakeRun> {
  const rig = new Rig();
  const agent = await adapter.open(rig);
  const file = {
    tasks: [{ task_id: "a", agent: "it", description: "Do it", ...task }],
    config: { agents: { it: { ...agent.config, ...config } } },
  };
  const started = rig.start(["run"], { input: file, env: { ...agent.env, ...env } });
  const events: FakeRun["events"] = (type) =>
    rig.runs().length === 0 ? [] : rig.journal().filter((event): event is never => event.type === type);
  return {
    rig,
    started,
    events,
    next: () => agent.next(),
    row: async () => (JSON.parse((await started.ended).stdout) as RunResult).results[0],
    waitForEvent: (type) => until(() => events(type).length > 0),
    async [Symbol.asyncDispose]() {
      await rig.close();
      await agent.close();
    },
  };
}
