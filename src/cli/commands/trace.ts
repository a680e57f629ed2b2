import type { Command } from "commander";
import { DispatchError } from "#errors";
import { isFolder } from "#files";
import { type RunView, renderRunList, renderRunTable, renderTaskReport, viewRun } from "#reports";
import { nearest } from "#tasks";
import { findRun, listRuns, noRunsError, type RecordedRun, readRun, runFolder, summarizeRun } from "#traces";
import type { CommandContext } from "../context.ts";
import { stdoutPage } from "../page.ts";
import { traceDirectory } from "../trace-dir.ts";

/** `dispatch trace`. */
export function defineTrace(command: Command, context: CommandContext): void {
  command
    .argument("[run]", "the run's id or its beginning, `latest`, or a task of the newest run")
    .argument("[task]", "a task of that run")
    .option("--all", "list all runs, not only the newest 20")
    .option("--json", "print JSON")
    .option("--trace-dir <folder>", "where the runs are")
    .addHelpText("after", examples)
    .action(async (name: string | undefined, task_id: string | undefined, flags: Flags) => {
      const trace_dir = await traceDirectory(flags.traceDir);
      if (name === undefined) await listAll(context, trace_dir, flags);
      else await printTrace(context, chosen(trace_dir, name, task_id), flags);
    });
}

interface Flags {
  all?: true;
  json?: true;
  traceDir?: string;
}

/** Runs that are listed unless all are asked for: each takes a look into its journal. */
const max_runs = 20;

const examples = `
Examples:
  dispatch trace                  the newest runs
  dispatch trace latest           the tasks of the newest run, its failures explained
  dispatch trace build            what happened to the task \`build\` in the newest run
  dispatch trace 20260531T build  the same in the run whose id begins so
  dispatch trace latest --json | jq -r '.tasks[] | select(.status == "error") | .task_id'`;

const print = (context: CommandContext, value: unknown): void => {
  context.streams.print(`${JSON.stringify(value, undefined, 2)}\n`);
};

async function listAll(context: CommandContext, trace_dir: string, flags: Flags): Promise<void> {
  const ids = listRuns(trace_dir);
  // A list for people is no result that a message could spoil.
  const note = flags.json ? context.streams.note : context.streams.complain;
  const runs = [];
  for (const id of flags.all ? ids : ids.slice(0, max_runs)) {
    try {
      runs.push(summarizeRun(runFolder(trace_dir, id)));
    } catch (error) {
      // One damaged run must not hide the others.
      if (!(error instanceof DispatchError)) throw error;
      note(`dispatch: ${error.message}\n`);
    }
  }
  if (ids.length === 0) {
    const none = noRunsError(trace_dir);
    // A folder that was named and is not there is most likely misspelt; the usual one comes with the first run.
    if (flags.traceDir !== undefined && !isFolder(trace_dir)) throw none;
    note(`dispatch: ${none.message} ${none.advice}\n`);
    if (!flags.json) return;
  }
  if (flags.json) return print(context, runs);
  context.streams.print(renderRunList(runs, stdoutPage()));
  if (!flags.all && ids.length > max_runs) note(`${ids.length - max_runs} older runs are not listed: dispatch trace --all\n`);
}

interface Chosen {
  run: RecordedRun;
  task_id: string | undefined;
}

/** What is meant as a run, so that a damaged newest run keeps nobody from an older one. */
const run_id_start = /^\d{8}T\d*(-[0-9a-f]*)?$/;

/** What the arguments mean: a run, or a run and one of its tasks. */
function chosen(trace_dir: string, name: string, task_id: string | undefined): Chosen {
  const ids = listRuns(trace_dir);
  const is_run = task_id !== undefined || name === "latest" || run_id_start.test(name);
  if (ids.length > 0 && !is_run) {
    const newest = readRun(findRun(trace_dir));
    if (newest.traces.some((trace) => trace.task_id === name)) return { run: newest, task_id: name };
    if (!ids.some((id) => id.startsWith(name))) throw nothingNamed(name, ids, newest);
  }
  return { run: readRun(findRun(trace_dir, name)), task_id };
}

function nothingNamed(name: string, ids: readonly string[], newest: RecordedRun): DispatchError {
  const near = nearest(name, [...newest.traces.map((trace) => trace.task_id), ...ids]);
  const advice =
    near === undefined ? "dispatch trace lists the runs, dispatch trace latest the tasks." : `Did you mean ${near}?`;
  const run_id = newest.folder.run_id;
  return new DispatchError("not_found", `There is no run ${name}, and no such task in the newest run ${run_id}.`, { advice });
}

async function printTrace(context: CommandContext, { run, task_id }: Chosen, flags: Flags): Promise<void> {
  const view = viewRun(run);
  if (task_id === undefined) {
    if (flags.json) print(context, runAsJson(view));
    else context.streams.print(renderRunTable(view, stdoutPage()));
    return;
  }
  const task = view.by_id.get(task_id);
  if (task === undefined) {
    const near = nearest(task_id, [...view.by_id.keys()]);
    throw new DispatchError("not_found", `There is no task ${task_id} in the run ${run.folder.run_id}.`, {
      advice: near === undefined ? `dispatch trace ${run.folder.run_id} lists them.` : `Did you mean ${near}?`,
    });
  }
  if (flags.json) print(context, { state: task.state, took_down: task.took_down, finished: run.finished, ...task.trace });
  else context.streams.print(renderTaskReport(view, task, stdoutPage()));
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
