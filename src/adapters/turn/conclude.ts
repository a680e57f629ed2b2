import type { Job } from "#agents";
import { unreachable } from "#errors";
import {
  type AttemptDetails,
  type AttemptOutcome,
  type Cancelled,
  type Failure,
  type StopReason,
  stoppedOutcome,
} from "#events";
import type { ProcessEnd } from "#process";
import { isTooDeep } from "#tasks";
import type { Program } from "../programs/program.ts";
import { readErrorMessage } from "./error-message.ts";
import type { Permissions } from "./permissions.ts";
import { rateLimitReset } from "./rate-limit-reset.ts";
import type { ReportedFailure, TurnState } from "./turn-state.ts";

/** How much of a program's stderr is read, counted from its end. */
export const max_stderr_bytes = 64 * 1024;

/** The agent whose turn has ended: a vendor's program, or another agent described like one. */
export type TurnAgent = Pick<Program, "title" | "sign_in"> & Partial<Pick<Program, "package_name">>;

/** Everything known about a turn when the agent's process has ended. */
export interface EndedTurn {
  program: TurnAgent;
  turn: TurnState;
  end: ProcessEnd;
  /** Why dispatch stopped it, if it did. */
  reason: StopReason | undefined;
  permissions: Permissions;
  wants_structure: boolean;
  /** See `lastErrorLine`. */
  last_stderr_line: string | undefined;
  warnings: readonly string[];
}

/** Returns the one outcome of an agent's turn. It is a success only if the agent itself reported one. */
export function concludeTurn(ended: EndedTurn): AttemptOutcome {
  const { program, turn, end, reason, wants_structure } = ended;
  const attached = attachedFields(ended);
  if (end.stopped && reason !== undefined) return { ...stoppedTurn(ended, reason), ...attached };
  if (end.type === "not_started") {
    const { package_name } = program;
    const is_installable = end.code === "ENOENT" && package_name !== undefined;
    const suggestion = is_installable ? { suggestion: `Install it: ${installLine({ package_name })}` } : {};
    return { status: "error", error_kind: "spawn", error: `${end.message}.`, ...suggestion, ...attached };
  }
  if (turn.failure !== undefined) return { ...failureOutcome(program, turn.failure), ...attached };
  const failed = (error: string): Failure => ({ status: "error", error_kind: "agent", error, ...attached });
  const { title } = program;
  const title_inside = title.replace(/^The /, "the ");
  const detail = ended.last_stderr_line === undefined ? "." : `: ${readErrorMessage(ended.last_stderr_line).message}`;
  switch (end.type) {
    case "signalled":
      return { ...failed(`${title} was killed by ${end.signal}.`), error_kind: "signal" };
    case "exited":
      if (end.exit_code !== 0)
        return { ...failureFromText(program, end.exit_code, detail, ended.last_stderr_line), ...attached };
      break;
    default:
      return unreachable(end);
  }
  if (!turn.is_completed) return failed(`${title} exited with 0 but did not report a completed turn${detail}`);
  if (turn.refused_tools.size > 0) {
    const tools = [...turn.refused_tools].join(", ");
    return {
      ...failed(`${title} was not allowed to use ${tools} under permissions "${ended.permissions}".`),
      suggestion: "Set `permissions` of this agent, or reword the task so that it does not need this.",
    };
  }
  if (turn.structured !== undefined && !isTooDeep(turn.structured.value))
    return { status: "success", output: turn.structured.value, ...attached };
  if (turn.text === undefined) return failed(`${title} ended without a final message.`);
  if (!wants_structure) return { status: "success", output: turn.text, ...attached };
  const value = findJson(turn.text);
  return value === undefined
    ? {
        ...failed(`The final message of ${title_inside} is not the JSON that output_schema requires.`),
        error_kind: "invalid_output",
      }
    : { status: "success", output: value.value, ...attached };
}

/** Masks secrets in the agent's failure message before it is cut, because half a secret is not recognised. */
export async function redactFailure<Reported extends { failure: ReportedFailure | undefined }>(
  value: Reported,
  job: Pick<Job, "redact">,
): Promise<Reported> {
  const { failure } = value;
  return failure === undefined ? value : { ...value, failure: { ...failure, message: await job.redact(failure.message) } };
}

/** Returns the command that installs a program. */
export const installLine = ({ package_name }: Pick<Program, "package_name">): string => `npm install -g ${package_name}`;

function attachedFields({ turn, end, warnings }: EndedTurn): AttemptDetails {
  const all_warnings = [...warnings, ...end.warnings];
  return {
    ...(all_warnings.length === 0 ? {} : { warnings: all_warnings }),
    ...(turn.usage === undefined ? {} : { usage: turn.usage }),
    ...(turn.session_usage === undefined ? {} : { session_usage: turn.session_usage }),
    // A session in which the model did nothing cannot be resumed.
    ...(turn.session_id === undefined || (turn.model_turns === 0 && !turn.has_activity) ? {} : { session_id: turn.session_id }),
    ...(turn.model === undefined ? {} : { model: turn.model }),
    ...(turn.model_turns === 0 ? {} : { turns: turn.model_turns }),
    ...(turn.files_changed.size === 0 ? {} : { files_changed: [...turn.files_changed].sort() }),
  };
}

/** Returns the outcome of a turn that was stopped. */
function stoppedTurn({ program, turn, last_stderr_line }: EndedTurn, reason: StopReason): Failure | Cancelled {
  const outcome = stoppedOutcome(reason);
  const text = turn.failure?.message ?? last_stderr_line;
  if (outcome.status !== "error" || text === undefined) return outcome;
  const { message, http_status } = readErrorMessage(text);
  const is_limited = kindOf(text, turn.failure?.http_status ?? http_status) === "rate_limited";
  // stderr may hold anything; only a rate limit there means that the agent was retrying by itself.
  if (turn.failure === undefined && !is_limited) return outcome;
  const error = `${outcome.error} ${program.title} was still retrying after: ${asSentence(message)}`;
  return is_limited
    ? { ...outcome, error, suggestion: "Wait until its limit resets, or run fewer of its tasks at once." }
    : { ...outcome, error };
}

const asSentence = (text: string): string => text.slice(0, 2000).replace(/\.*$/, ".");

/** Returns the failure of a program that exited without reporting one; its kind is guessed from the last line on stderr. */
function failureFromText(program: TurnAgent, exit_code: number, detail: string, last_stderr_line: string | undefined): Failure {
  const error = `${program.title} exited with ${exit_code}${detail}`;
  if (last_stderr_line === undefined) return { status: "error", error_kind: "agent", error };
  const failure = failureOutcome(program, { message: last_stderr_line });
  return { ...failure, error };
}

/** Converts the failure that an agent reported to an outcome. */
export function failureOutcome(
  { title, sign_in }: TurnAgent,
  { message, http_status, retry_at, error_kind }: ReportedFailure,
): Failure {
  const parsed = readErrorMessage(message);
  const error = `${title}: ${asSentence(parsed.message)}`;
  const kind = error_kind ?? kindOf(message, http_status ?? parsed.http_status);
  const failure: Failure = { status: "error", error_kind: kind, error };
  if (kind === "auth") return { ...failure, suggestion: sign_in };
  if (kind !== "rate_limited") return failure;
  const reset = retry_at ?? rateLimitReset(message);
  return reset === undefined ? failure : { ...failure, retry_at: new Date(reset).toISOString() };
}

/** Returns the kind of a failure: by the endpoint's HTTP status if known, else by phrases that the vendors use. */
function kindOf(message: string, http_status: number | undefined): "auth" | "rate_limited" | "agent" {
  switch (http_status) {
    case 401:
    case 403:
      return "auth";
    case 429:
    case 503:
    case 529:
      return "rate_limited";
    case undefined:
      break;
    default:
      return "agent";
  }
  if (
    /\b(401|403)\b|unauthori[sz]ed|authenticat|invalid (api|x-api)[- ]?key|not (logged|signed) in|auth method|\blog ?in\b|sign in/i.test(
      message,
    )
  )
    return "auth";
  if (
    /\b(429|503|529)\b|rate.?limit|too many requests|usage limit|limit reached|hit your .*limit|quota|overloaded|at capacity/i.test(
      message,
    )
  )
    return "rate_limited";
  return "agent";
}

/** Returns the JSON value that a message consists of, or else the one in its last fenced block. */
export function findJson(text: string): { value: unknown } | undefined {
  const blocks = [...text.matchAll(/```(?:json)?\s*\n([\s\S]*?)```/g)].map(([, inner]) => inner ?? "");
  for (const candidate of [text, blocks.at(-1)]) {
    if (candidate === undefined) continue;
    try {
      const value: unknown = JSON.parse(candidate);
      if (!isTooDeep(value)) return { value };
    } catch {
      // Not JSON; try the next candidate.
    }
  }
  return undefined;
}
