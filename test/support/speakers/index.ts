/** Every adapter of an agent, with a test in the agent's place: what all of them must do is tested on all of them. */
import type { RunEvent, RunResult } from "../../../src/index.ts";
import { Rig, type Started, until } from "../rig.ts";
import { acp } from "./acp.ts";
import { api_adapters } from "./api.ts";
import { program_adapters } from "./programs.ts";
import type { Adapter, Turn } from "./speaker.ts";

export type { Adapter, Turn } from "./speaker.ts";

/** All of them, by name. */
export const adapters: readonly (readonly [string, Adapter])[] = Object.entries({ ...program_adapters, acp, ...api_adapters });

/** A run of one task, `a`, on an agent that the test speaks for. */
export interface Spoken {
  rig: Rig;
  started: Started;
  next(): Promise<Turn>;
  /** The task's row, when the run has ended. */
  row(): Promise<RunResult["results"][number] | undefined>;
  /** The events of a kind so far. */
  told<Type extends RunEvent["type"]>(type: Type): Extract<RunEvent, { type: Type }>[];
  /** Resolves when the journal has an event of this kind. */
  tells(type: RunEvent["type"]): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a run of one task on an adapter. */
export async function speakFor(
  adapter: Adapter,
  task: object = {},
  config: object = {},
  env: Record<string, string> = {},
): Promise<Spoken> {
  const rig = new Rig();
  const speaker = await adapter.open(rig);
  const file = {
    tasks: [{ task_id: "a", agent: "it", description: "Do it", ...task }],
    config: { agents: { it: { ...speaker.config, ...config } } },
  };
  const started = rig.start(["run"], { input: file, env: { ...speaker.env, ...env } });
  const told: Spoken["told"] = (type) =>
    rig.runs().length === 0 ? [] : rig.journal().filter((event): event is never => event.type === type);
  return {
    rig,
    started,
    told,
    next: () => speaker.next(),
    row: async () => (JSON.parse((await started.ended).stdout) as RunResult).results[0],
    tells: (type) => until(() => told(type).length > 0),
    async [Symbol.asyncDispose]() {
      await rig.close();
      await speaker.close();
    },
  };
}
