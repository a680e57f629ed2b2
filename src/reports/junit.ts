import { unreachable } from "#errors";
import type { ErrorKind } from "#events";
import { readLogEnd } from "#traces";
import { suggestionFor } from "./failures.ts";
import { printable, truncateLine } from "./printable.ts";
import { type EarlierAttempt, earlierAttempts, journalNotes, type RunView, statusOf, type TaskView } from "./run-view.ts";
import { writeXml, type XmlElement } from "./xml.ts";

/** Limits for all logs of a report together and for each log, which keep the report of a large run readable. */
const all_log_bytes = 32 * 1024 * 1024;
const log_bytes = 16 * 1024;

/**
 * Renders a run as JUnit XML in Surefire's dialect, which Jenkins, GitLab and others read: a test suite per run, a test
 * case per task. Attempts before the last are `flakyFailure` elements if the task succeeded, else `rerunFailure`.
 */
export function renderJunit(view: RunView): string {
  const { run, tasks } = view;
  const { summary, correlation_id } = run.result;
  const cases = tasks.map((task) => ({ task, verdict: verdictOf(task) }));
  const count = (verdict: Verdict): number => cases.filter((one) => one.verdict === verdict).length;
  const counts = {
    tests: tasks.length,
    failures: count("failure"),
    errors: count("error"),
    skipped: count("skipped"),
    time: seconds(summary.total_time_ms),
  };
  const max_bytes = Math.min(log_bytes, Math.floor(all_log_bytes / Math.max(1, tasks.length)));
  const properties = {
    run_id: run.folder.run_id,
    correlation_id,
    status: statusOf(view),
    workspace_path: run.started.workspace_path,
    trace_index: run.result.trace_index,
    dispatch_version: run.started.versions.dispatch,
    node_version: run.started.versions.node,
    note: journalNotes(view).join(" ") || undefined,
  };
  const suite: XmlElement = {
    name: "testsuite",
    attributes: {
      name: truncateLine(run.started.user_prompt ?? "", 120) || `dispatch ${run.folder.run_id}`,
      id: run.folder.run_id,
      timestamp: run.started.time.replace(/\.\d+Z$/, ""),
      ...counts,
    },
    children: [
      {
        name: "properties",
        children: Object.entries(properties).map(([name, value]) =>
          value === undefined ? undefined : { name: "property", attributes: { name, value } },
        ),
      },
      ...cases.map(({ task, verdict }) => testCase(view, task, verdict, max_bytes)),
    ],
  };
  return writeXml({ name: "testsuites", attributes: { name: "dispatch", ...counts }, children: [suite] });
}

type Verdict = "passed" | "failure" | "error" | "skipped";

/** Returns `failure` if the task's own work or its checks failed, and `error` for anything that prevented the work. */
function verdictOf({ state, row }: TaskView): Verdict {
  switch (state) {
    case "success":
      return "passed";
    case "skipped":
      return "skipped";
    case "error":
      return isFailure(row.error_kind) ? "failure" : "error";
    case "cancelled":
      // With fail_fast another task has the failure.
      return "skipped";
    case "interrupted":
    case "open":
    case "not started":
      return "error";
    default:
      return unreachable(state);
  }
}

const isFailure = (error_kind: ErrorKind | null): boolean =>
  error_kind === "exit" || error_kind === "verify" || error_kind === "invalid_output" || error_kind === "agent";

function testCase(view: RunView, task: TaskView, verdict: Verdict, max_bytes: number): XmlElement {
  const { row, task_id, trace } = task;
  const message = printable(row.error ?? "");
  const type = row.error_kind ?? "internal";
  const passed = verdict === "passed";
  const verdicts: (XmlElement | undefined)[] = [];
  if (verdict === "skipped") verdicts.push({ name: "skipped", attributes: { message, type } });
  else if (!passed) verdicts.push({ name: verdict, attributes: { message, type }, children: [failureText(task)] });
  const earlier = earlierAttempts(view, task).map((attempt) => earlierAttempt(view, task_id, attempt, passed, max_bytes));
  return {
    name: "testcase",
    attributes: { name: task_id, classname: `dispatch.${row.agent}`, time: seconds(row.execution_time_ms) },
    children: [...verdicts, ...earlier, ...logs(view, task_id, trace.attempts.at(-1)?.attempt, max_bytes)],
  };
}

/** Returns the text of a `failure` or `error` element. */
function failureText({ row, took_down }: TaskView): string {
  const lines = [printable(row.error ?? ""), printable(row.suggestion ?? suggestionFor(row.error_kind ?? "internal"))];
  if (took_down.length > 0) lines.push(`Skipped because of it: ${took_down.join(", ")}`);
  lines.push(`Trace: ${row.trace_file}`);
  return lines.join("\n");
}

function earlierAttempt(
  view: RunView,
  task_id: string,
  attempt: EarlierAttempt,
  passed: boolean,
  max_bytes: number,
): XmlElement {
  const name = `${passed ? "flaky" : "rerun"}${isFailure(attempt.error_kind) ? "Failure" : "Error"}`;
  const message = printable(attempt.error);
  const stack = { name: "stackTrace", children: [`Attempt ${attempt.attempt} ${attempt.how}: ${message}`] };
  return {
    name,
    attributes: { message, type: attempt.error_kind },
    children: [stack, ...logs(view, task_id, attempt.attempt, max_bytes)],
  };
}

function logs({ run }: RunView, task_id: string, attempt: number | undefined, max_bytes: number): XmlElement[] {
  if (attempt === undefined) return [];
  const end = (stream: "out" | "err" | "verify"): string => {
    const log = readLogEnd(run.folder.log(task_id, attempt, stream), max_bytes);
    return log === undefined || log.text === "" ? "" : `${log.cut ? "[end of the log]\n" : ""}${printable(log.text)}`;
  };
  const verify = end("verify");
  const out = `${end("out")}${verify === "" ? "" : `\n[verify]\n${verify}`}`;
  const err = end("err");
  return [
    ...(out === "" ? [] : [{ name: "system-out", children: [out] }]),
    ...(err === "" ? [] : [{ name: "system-err", children: [err] }]),
  ];
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
