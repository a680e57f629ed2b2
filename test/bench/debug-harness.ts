import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Job } from "../../src/agents/agent.ts";
import type { Clock } from "../../src/debug/budget.ts";
import type { DebugInput } from "../../src/debug/input.ts";
import { investigate } from "../../src/debug/investigate.ts";
import type { Report } from "../../src/debug/report.ts";
import { createSupervisor, type Supervisor } from "../../src/process/index.ts";
import { createRedactor, knownSecrets } from "../../src/secrets/index.ts";

/** Runs the agent `debug` on a workspace without the rest of dispatch. */
export interface DebugHarness {
  investigate(input: DebugInput, signal?: AbortSignal): Promise<{ report: Report; ms: number }>;
  [Symbol.dispose](): void;
}

/** Creates a harness. `env` is added to the environment of git; `supervise` can wrap the supervisor of the agent's processes. */
export function createHarness(
  workspace_path: string,
  options: {
    env?: Readonly<Record<string, string>>;
    clock?: Clock | undefined;
    supervise?: (supervisor: Supervisor) => Supervisor;
  } = {},
): DebugHarness {
  const { env = {}, clock, supervise = (supervisor) => supervisor } = options;
  const folder = mkdtempSync(join(tmpdir(), "dispatch-harness-"));
  const supervisor = createSupervisor({ fast_spawn: true });
  const redactor = createRedactor(knownSecrets());
  const files = {
    input: join(folder, "input"),
    output: join(folder, "output"),
    stdout: join(folder, "out"),
    stderr: join(folder, "err"),
    prompt: join(folder, "prompt"),
    schema: join(folder, "schema"),
  };
  const job = (input: DebugInput): Job => ({
    ...{ task_id: "investigation", attempt: 1, description: "", input, upstream_results: {}, upstream_failures: {} },
    ...{ output_schema: undefined, previous: undefined, max_usd: undefined },
    ...{ cwd: workspace_path, workspace_path, inherited_env: process.env, env, files, supervisor: supervise(supervisor) },
    redact: redactor.redact,
    lineRedactor: redactor.lineRedactor,
    mayHoldSecret: () => false,
  });
  return {
    investigate: async (input, signal = new AbortController().signal) => {
      const began = performance.now();
      const { report } = await investigate(input, job(input), signal, clock);
      return { report, ms: performance.now() - began };
    },
    [Symbol.dispose]: () => {
      supervisor.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
