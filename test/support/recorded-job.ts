/** A job with recorded output: the agent's logs exist already, and no process is started. */
import { join } from "node:path";
import type { Job } from "../../src/agents/index.ts";

/** Where the recorded output is. */
export interface Recorded {
  folder: string;
  /** Prefix of its file names. */
  prefix?: string;
  exit_code?: number;
}

/** Creates the job; `<prefix>out` and `<prefix>err` in the folder are its stdout and stderr. */
export function recordedJob(task_id: string, { folder, prefix = "", exit_code = 0 }: Recorded): Job {
  const file = (name: string): string => join(folder, `${prefix}${name}`);
  return {
    ...{
      task_id,
      attempt: 1,
      description: "Do it",
      input: {},
      upstream_results: {},
      upstream_failures: {},
      output_schema: undefined,
    },
    ...{ max_usd: undefined, previous: undefined, cwd: folder, workspace_path: folder, inherited_env: {}, env: {} },
    files: {
      ...{ input: file("in"), output: file("output"), stdout: file("out") },
      ...{ stderr: file("err"), prompt: file("prompt"), schema: file("schema") },
    },
    supervisor: {
      run: async () => ({ type: "exited", exit_code, stopped: false, warnings: [] }),
      prepare: () => {},
      killNow: () => {},
      close: () => {},
    },
    redact: async (text) => text,
    lineRedactor: async () => (text) => text,
    mayHoldSecret: () => false,
  };
}
