import type { Command } from "commander";
import { DispatchError, nearest } from "#errors";
import { isFolder } from "#files";
import { type RunView, renderRunList, renderRunTable, renderTaskReport, viewRun } from "#reports";
import { findRun, listRuns, noRunsError, type RecordedRun, readRun, runFolder, summarizeRun } from "#traces";
import type { CommandIo } from "../command-io.ts";
import { stdoutPage } from "../page.ts";
import { traceDirectory } from "../trace-dir.ts";

/** `dispatch trace`. */
export function defineTrace(command: Command, io: CommandIo): void {
  command
    .argument("[run]", "run id or the start of one, `latest`, or a task of the newest run")
    .argument("[task]", "a task of that run")
    .option("--all", "list all runs, not only the newest 20")
    .option("--json", "print JSON")
    .option("--trace-dir <folder>", "folder of the traces")
    .addHelpText("after", examples)
    .action(async (name: string | undefined, task_id: string | undefined, flags: Flags) => {
      const trace_dir = await traceDirectory(flags.traceDir);
      if (name === undefined) await listAll(io, trace_dir, flags);
      else await printTrace(io, selectTrace(trace_dir, name, task_id), flags);
    });
}

interface Flags {
  all?: true;
  json?: true;
  traceDir?: string;
}

/** Runs listed without --all; each needs a read of its journal. */
const max_runs = 20;

const examples = `
Examples:
  dispatch trace                  the newest runs
  dispatch trace latest           the tasks of the newest run, and why any failed
  dispatch trace build            the task build in the newest run: its attempts, messages and tool calls
  dispatch trace 20260531T build  the same in the run whose id starts with 20260531T
  dispatch trace latest --json | jq -r '.tasks[] | select(.status == "error") | .task_id'`;

const print = (io: CommandIo, value: unknown): void => {
  io.streams.print(`${JSON.stringify(value, undefined, 2)}\n`);
};

async function listAll(io: CommandIo, trace_dir: string, flags: Flags): Promise<void> {
  const ids = listRuns(trace_dir);
  // A message does not spoil a list for people, only JSON.
  const note = flags.json ? io.streams.note : io.streams.error;
  const runs = [];
  for (const id of flags.all ? ids : ids.slice(0, max_runs)) {
    try {
      runs.push(summarizeRun(runFolder(trace_dir, id)));
    } catch (error) {
      // A damaged run must not hide the others.
      if (!(error instanceof DispatchError)) throw error;
      note(`dispatch: ${error.message}\n`);
    }
  }
  if (ids.length === 0) {
    const none = noRunsError(trace_dir);
    // A missing --trace-dir is probably misspelt. The default folder is created by the first run.
    if (flags.traceDir !== undefined && !isFolder(trace_dir)) throw none;
    note(`dispatch: ${none.message} ${none.advice}\n`);
    if (!flags.json) return;
  }
  if (flags.json) return print(io, runs);
  io.streams.print(renderRunList(runs, stdoutPage()));
  if (!flags.all && ids.length > max_runs)
    note(`${ids.length - max_runs} older runs not shown; list them with dispatch trace --all\n`);
}

interface Selection {
  run: RecordedRun;
  task_id: string | undefined;
}

/** Matches the beginning of a run id, for which the newest run, which may be damaged, need not be read. */
const run_id_start = /^\d{8}T\d*(-[0-9a-f]*)?$/;

/** Resolves the arguments to a run, or to a run and one of its tasks. */
function selectTrace(trace_dir: string, name: string, task_id: string | undefined): Selection {
  const ids = listRuns(trace_dir);
  const is_run = task_id !== undefined || name === "latest" || run_id_start.test(name);
  if (ids.length > 0 && !is_run) {
    const newest = readRun(findRun(trace_dir));
    if (newest.traces.some((trace) => trace.task_id === name)) return { run: newest, task_id: name };
    if (!ids.some((id) => id.startsWith(name))) throw noSuchName(name, ids, newest);
  }
  return { run: readRun(findRun(trace_dir, name)), task_id };
}

function noSuchName(name: string, ids: readonly string[], newest: RecordedRun): DispatchError {
  const near = nearest(name, [...newest.traces.map((trace) => trace.task_id), ...ids]);
  const advice =
    near === undefined
      ? "List the runs with dispatch trace, and the tasks with dispatch trace latest."
      : `Did you mean ${near}?`;
  const run_id = newest.folder.run_id;
  return new DispatchError("not_found", `${name} is neither a run nor a task of the newest run, ${run_id}.`, { advice });
}

async function printTrace(io: CommandIo, { run, task_id }: Selection, flags: Flags): Promise<void> {
  const view = viewRun(run);
  if (task_id === undefined) {
    if (flags.json) print(io, runAsJson(view));
    else io.streams.print(renderRunTable(view, stdoutPage()));
    return;
  }
  const task = view.by_id.get(task_id);
  if (task === undefined) {
    const near = nearest(task_id, [...view.by_id.keys()]);
    throw new DispatchError("not_found", `The run ${run.folder.run_id} has no task ${task_id}.`, {
      advice: near === undefined ? `List its tasks with dispatch trace ${run.folder.run_id}.` : `Did you mean ${near}?`,
    });
  }
  if (flags.json) print(io, { state: task.state, took_down: task.took_down, finished: run.finished, ...task.trace });
  else io.streams.print(renderTaskReport(view, task, stdoutPage()));
}

function runAsJson({ run, tasks }: RunView): object {
  const { started, result, finished, skipped_lines, folder } = run;
  const { run_id, correlation_id, status, summary, trace_index } = result;
  return {
    run_id,
    correlation_id,
    status,
    finished,
    skipped_lines,
    started_at: started.time,
    user_prompt: started.user_prompt ?? null,
    workspace_path: started.workspace_path,
    summary,
    journal: folder.journal,
    trace_index,
    tasks: tasks.map(({ row, trace, state, took_down }) => {
      const { output: _, ...rest } = row;
      return { state, ...rest, dependencies: trace.dependencies, root_task_id: trace.root_task_id, took_down };
    }),
  };
}
