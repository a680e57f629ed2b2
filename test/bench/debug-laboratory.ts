import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Job } from "../../src/agents/agent.ts";
import type { DebugInput } from "../../src/agents/debug/input.ts";
import { investigate } from "../../src/agents/debug/investigate.ts";
import type { Report } from "../../src/agents/debug/report.ts";
import { createSupervisor } from "../../src/process/index.ts";

/** Runs the agent `debug` on a workspace, without the rest of dispatch around it. */
export interface Laboratory {
  investigate(input: DebugInput, signal?: AbortSignal): Promise<{ report: Report; ms: number }>;
  [Symbol.dispose](): void;
}

/** Makes a laboratory; `env` is added to git's environment. */
export function createLaboratory(workspace_path: string, env: Readonly<Record<string, string>> = {}): Laboratory {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-laboratory-"));
  const supervisor = createSupervisor();
  const files = {
    input: join(folder, "input"),
    output: join(folder, "output"),
    stdout: join(folder, "out"),
    stderr: join(folder, "err"),
  };
  const job = (input: DebugInput): Job => ({
    ...{ task_id: "investigation", attempt: 1, description: "", input, upstream_results: {} },
    ...{ cwd: workspace_path, workspace_path, inherited_env: process.env, env, files, supervisor },
  });
  return {
    investigate: async (input, signal = new AbortController().signal) => {
      const began = performance.now();
      const { report } = await investigate(input, job(input), signal);
      return { report, ms: performance.now() - began };
    },
    [Symbol.dispose]: () => {
      supervisor.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
