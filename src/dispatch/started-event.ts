import { event_version, type RunEvent, type RunStarted } from "#events";
import { createRunId, runFolder } from "#traces";
import type { Plan } from "./plan.ts";
import { version } from "./version.ts";

/** What runs the tasks. */
export const versions = (): RunStarted["versions"] => ({
  dispatch: version,
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
});

/** The values of `--var` that are no secrets and may be journaled. A resume needs the others again. */
export async function openVars({ vars, redactor }: Plan): Promise<Record<string, string>> {
  const open: Record<string, string> = {};
  for (const [name, value] of Object.entries(vars)) if ((await redactor.redact(value)) === value) open[name] = value;
  return open;
}

/** The first event of a new run. */
export function startedEvent(
  planned: Plan,
  token: string,
  vars: Record<string, string>,
  writes: readonly string[] = [],
): RunEvent & RunStarted {
  const now = new Date();
  const run_id = createRunId(now);
  const { config, tasks, workspace_path, user_prompt, correlation_id = run_id } = planned;
  return {
    v: event_version,
    seq: 1,
    time: now.toISOString(),
    run_id,
    type: "run.started",
    correlation_id,
    ...(user_prompt === undefined ? {} : { user_prompt }),
    workspace_path,
    run_folder: runFolder(planned.trace_dir, run_id).path,
    options: { ...config },
    versions: versions(),
    token,
    ...(Object.keys(vars).length === 0 ? {} : { vars }),
    ...(writes.length === 0 ? {} : { writes }),
    tasks: tasks.map(({ task_id, agent, description, dependencies }) => ({ task_id, agent, description, dependencies })),
  };
}
