import { unreachable } from "#errors";

/** Reasons why a task did not succeed; stable, for programs. */
export const error_kinds = [
  "exit",
  "signal",
  "timeout",
  "spawn",
  "agent",
  "auth",
  "rate_limited",
  "invalid_output",
  "verify",
  "undeclared_write",
  "conflict",
  "lost",
  "budget",
  "dependency",
  "condition",
  "approval",
  "context",
  "cancelled",
  "interrupted",
  "internal",
] as const;

/** One of `error_kinds`. */
export type ErrorKind = (typeof error_kinds)[number];

/** The statuses with which a task can end. */
export const task_statuses = ["success", "error", "skipped", "cancelled"] as const;

/** One of `task_statuses`. */
export type TaskStatus = (typeof task_statuses)[number];

/** Tokens and cost, as an agent reports them. */
export interface Usage {
  /** Tokens that the model read, cached or not. */
  input_tokens: number;
  /** The cached part of `input_tokens`. */
  cached_input_tokens?: number | undefined;
  /** Tokens that the model wrote, including reasoning. */
  output_tokens: number;
  reasoning_tokens?: number | undefined;
  /** US dollars. */
  cost_usd?: number | undefined;
}

/** Details that an attempt may report, whether it succeeds or not. */
export interface AttemptDetails {
  /** Worth reporting to the user; they did not affect the outcome. */
  warnings?: string[];
  usage?: Usage;
  /** Usage of the whole session, if the agent counts so. The next attempt in it costs the difference. */
  session_usage?: Usage;
  /** The agent's session, to continue it. */
  session_id?: string;
  model?: string;
  /** Number of the model's turns. */
  turns?: number;
  /** Files that the agent reports as changed, by the paths it reports. */
  files_changed?: string[];
}

/** Returns the details of an outcome without its status. */
export function detailsOf({
  warnings,
  usage,
  session_usage,
  session_id,
  model,
  turns,
  files_changed,
}: AttemptDetails): AttemptDetails {
  return {
    ...(warnings === undefined ? {} : { warnings }),
    ...(usage === undefined ? {} : { usage }),
    ...(session_usage === undefined ? {} : { session_usage }),
    ...(session_id === undefined ? {} : { session_id }),
    ...(model === undefined ? {} : { model }),
    ...(turns === undefined ? {} : { turns }),
    ...(files_changed === undefined ? {} : { files_changed }),
  };
}

/** The agent reported success, the output fits `output_schema` and the `verify` commands passed. */
export interface Success extends AttemptDetails {
  status: "success";
  output: unknown;
}

/** The attempt failed by itself. */
export interface Failure extends AttemptDetails {
  status: "error";
  error_kind: Exclude<ErrorKind, "cancelled" | "interrupted">;
  /** What happened, as a sentence. */
  error: string;
  /** What the user can do about it, as a sentence. */
  suggestion?: string;
  /** For `rate_limited`: end of the limit, if the agent reported it. ISO 8601. */
  retry_at?: string;
}

/** The attempt was stopped from outside before it ended by itself. */
export interface Cancelled extends AttemptDetails {
  status: "cancelled";
  error_kind: "cancelled" | "interrupted";
  error: string;
}

/** How an attempt ended. */
export type AttemptOutcome = Success | Failure | Cancelled;

/** The task never started. */
export interface Skipped {
  status: "skipped";
  error_kind: "dependency" | "budget" | "condition" | "approval";
  error: string;
  /** The task whose failure caused the skip; missing for `budget`. */
  root_task_id?: string;
}

/** How a task ended. */
export type TaskOutcome = AttemptOutcome | Skipped;

/** Why a run, a task or an attempt is being stopped. Every `AbortSignal` of dispatch has one as its reason. */
export type StopReason =
  | { type: "signal"; signal: "SIGINT" | "SIGTERM" | "SIGHUP" }
  | { type: "fail_fast"; task_id: string }
  | { type: "timeout"; seconds: number }
  | { type: "journal"; error: string }
  | { type: "caller" };

/** Returns the outcome of a stopped attempt, by the reason of its signal. */
export function stoppedOutcome(reason: StopReason): Failure | Cancelled {
  switch (reason.type) {
    case "timeout":
      return {
        status: "error",
        error_kind: "timeout",
        error: `Timed out after ${reason.seconds} s.`,
        suggestion: "Raise timeout_seconds, or split the task.",
      };
    case "fail_fast":
      return { status: "cancelled", error_kind: "cancelled", error: `Stopped by fail_fast because ${reason.task_id} failed.` };
    case "signal":
      return { status: "cancelled", error_kind: "interrupted", error: `Stopped by ${reason.signal}.` };
    case "journal":
      return {
        status: "cancelled",
        error_kind: "interrupted",
        error: `Stopped because the journal cannot be written: ${reason.error}.`,
      };
    case "caller":
      return { status: "cancelled", error_kind: "interrupted", error: "Stopped by the caller." };
    default:
      return unreachable(reason);
  }
}
