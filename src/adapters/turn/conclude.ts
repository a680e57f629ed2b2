import type { Job } from "#agents";
import { unreachable } from "#errors";
import { type Attached, type AttemptOutcome, type Cancelled, type Failure, type StopReason, stoppedOutcome } from "#events";
import type { ProcessEnd } from "#process";
import { isTooDeep } from "#tasks";
import type { Program } from "../programs/program.ts";
import { readMessage } from "./message.ts";
import type { Permissions } from "./permissions.ts";
import { rateLimitReset } from "./rate-limit-reset.ts";
import type { ReportedFailure, TurnState } from "./turn-state.ts";

/** How much of what a program has complained about is looked at, from its end. */
export const complaint_bytes = 64 * 1024;

/** Who has ended: a vendor's program, or another that speaks as one. */
export type Speaker = Pick<Program, "title" | "sign_in"> & Partial<Pick<Program, "package_name">>;

/** What is known when an agent's program has ended. */
export interface Ending {
  program: Speaker;
  account: TurnState;
  end: ProcessEnd;
  /** Why it was stopped, if it was. */
  reason: StopReason | undefined;
  permissions: Permissions;
  wants_structure: boolean;
  /** The last line on stderr that says something. */
  last_words: string | undefined;
  warnings: readonly string[];
}

/** The one outcome of an agent's turn. A success needs the agent's own word for it. */
export function concludeTurn(ending: Ending): AttemptOutcome {
  const { program, account, end, reason, wants_structure } = ending;
  const carried = attachedTo(ending);
  if (end.stopped && reason !== undefined) return { ...stopped(ending, reason), ...carried };
  if (end.type === "not_started") {
    const { package_name } = program;
    const is_installable = end.code === "ENOENT" && package_name !== undefined;
    const suggestion = is_installable ? { suggestion: `Install it: ${installLine({ package_name })}` } : {};
    return { status: "error", error_kind: "spawn", error: `${end.message}.`, ...suggestion, ...carried };
  }
  if (account.failure !== undefined) return { ...costFields(program, account.failure), ...carried };
  const failed = (error: string): Failure => ({ status: "error", error_kind: "agent", error, ...carried });
  const { title } = program;
  const inside = title.replace(/^The /, "the ");
  const words = ending.last_words === undefined ? "." : `: ${readMessage(ending.last_words).message}`;
  switch (end.type) {
    case "signalled":
      return { ...failed(`${title} was killed by ${end.signal}.`), error_kind: "signal" };
    case "exited":
      if (end.exit_code !== 0) return { ...failureFromText(program, end.exit_code, words, ending.last_words), ...carried };
      break;
    default:
      return unreachable(end);
  }
  if (!account.is_completed) return failed(`${title} exited with 0, but never said that its turn was completed${words}`);
  if (account.refused.size > 0) {
    const tools = [...account.refused].join(", ");
    return {
      ...failed(`${title} was not allowed to use ${tools} under permissions "${ending.permissions}".`),
      suggestion: 'Set "permissions" of this agent, or word the task so that it does without.',
    };
  }
  if (account.structured !== undefined && !isTooDeep(account.structured.value))
    return { status: "success", output: account.structured.value, ...carried };
  if (account.text === undefined) return failed(`${title} ended without a final message.`);
  if (!wants_structure) return { status: "success", output: account.text, ...carried };
  const value = jsonIn(account.text);
  return value === undefined
    ? { ...failed(`The final message of ${inside} is not the JSON that output_schema asks for.`), error_kind: "invalid_output" }
    : { status: "success", output: value.value, ...carried };
}

/** With what the agent says of its failure redacted: that is cut, and half a secret is not known for one. */
export async function withoutSecrets<Told extends { failure: ReportedFailure | undefined }>(
  told: Told,
  job: Pick<Job, "redact">,
): Promise<Told> {
  const { failure } = told;
  return failure === undefined ? told : { ...told, failure: { ...failure, message: await job.redact(failure.message) } };
}

/** The command that installs a program. */
export const installLine = ({ package_name }: Pick<Program, "package_name">): string => `npm install -g ${package_name}`;

function attachedTo({ account, end, warnings }: Ending): Attached {
  const all = [...warnings, ...end.warnings];
  return {
    ...(all.length === 0 ? {} : { warnings: all }),
    ...(account.usage === undefined ? {} : { usage: account.usage }),
    ...(account.session_usage === undefined ? {} : { session_usage: account.session_usage }),
    // A session in which the model never spoke is no session to go on with.
    ...(account.session_id === undefined || (account.turns === 0 && !account.has_spoken)
      ? {}
      : { session_id: account.session_id }),
    ...(account.model === undefined ? {} : { model: account.model }),
    ...(account.turns === 0 ? {} : { turns: account.turns }),
    ...(account.files_changed.size === 0 ? {} : { files_changed: [...account.files_changed].sort() }),
  };
}

/** The outcome of a turn that was stopped. */
function stopped({ program, account, last_words }: Ending, reason: StopReason): Failure | Cancelled {
  const outcome = stoppedOutcome(reason);
  const said = account.failure?.message ?? last_words;
  if (outcome.status !== "error" || said === undefined) return outcome;
  const { message, http_status } = readMessage(said);
  const is_limited = kindOf(said, account.failure?.http_status ?? http_status) === "rate_limited";
  // What stands on stderr may be about anything; a limit is what agents that try again by themselves tell there.
  if (account.failure === undefined && !is_limited) return outcome;
  const error = `${outcome.error} ${program.title} was still trying again by itself, after: ${sentence(message)}`;
  return is_limited
    ? { ...outcome, error, suggestion: "Wait until its limit is over, or run fewer of its tasks at once." }
    : { ...outcome, error };
}

const sentence = (text: string): string => text.slice(0, 2000).replace(/\.*$/, ".");

/** What a program that exited without telling why most likely means by its last words. */
function failureFromText(program: Speaker, exit_code: number, words: string, last: string | undefined): Failure {
  const error = `${program.title} exited with ${exit_code}${words}`;
  if (last === undefined) return { status: "error", error_kind: "agent", error };
  const failure = costFields(program, { message: last });
  return { ...failure, error };
}

/** What an agent says of its own failure, as an outcome. */
export function costFields(
  { title, sign_in }: Speaker,
  { message, http_status, retry_at, error_kind }: ReportedFailure,
): Failure {
  const told = readMessage(message);
  const error = `${title}: ${sentence(told.message)}`;
  const kind = error_kind ?? kindOf(message, http_status ?? told.http_status);
  const failure: Failure = { status: "error", error_kind: kind, error };
  if (kind === "auth") return { ...failure, suggestion: sign_in };
  if (kind !== "rate_limited") return failure;
  const reset = retry_at ?? rateLimitReset(message);
  return reset === undefined ? failure : { ...failure, retry_at: new Date(reset).toISOString() };
}

/** Told by the endpoint's status where it is known, else by the words that the vendors use. */
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

/** The JSON value that a message consists of, or that its last fenced block holds. */
export function jsonIn(text: string): { value: unknown } | undefined {
  const blocks = [...text.matchAll(/```(?:json)?\s*\n([\s\S]*?)```/g)].map(([, inner]) => inner ?? "");
  for (const candidate of [text, blocks.at(-1)]) {
    if (candidate === undefined) continue;
    try {
      const value: unknown = JSON.parse(candidate);
      if (!isTooDeep(value)) return { value };
    } catch {
      // The next candidate may be.
    }
  }
  return undefined;
}
