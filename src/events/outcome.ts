import { unreachable } from "#errors";

/** Why a task did not succeed; stable, for programs. */
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
  "budget",
  "dependency",
  "context",
  "cancelled",
  "interrupted",
  "internal",
] as const;

/** One of `error_kinds`. */
export type ErrorKind = (typeof error_kinds)[number];

/** What a task can end as. */
export const task_statuses = ["success", "error", "skipped", "cancelled"] as const;

/** One of `task_statuses`. */
export type TaskStatus = (typeof task_statuses)[number];

/** Tokens and money that an agent reports. */
export interface Usage {
  /** All that the model read, cached or not. */
  input_tokens: number;
  /** The part of it that came from a cache. */
  cached_input_tokens?: number | undefined;
  /** All that the model wrote, reasoning included. */
  output_tokens: number;
  reasoning_tokens?: number | undefined;
  /** US dollars. */
  cost_usd?: number | undefined;
}

/** What every end of an attempt may carry, whether it went well or not. */
export interface Attached {
  /** Things that the user should know and that changed nothing. */
  warnings?: string[];
  usage?: Usage;
  /** What the whole session has spent, where the agent counts so: of the next attempt in it, what comes on top counts. */
  session_usage?: Usage;
  /** The agent's own session, to continue it. */
  session_id?: string;
  /** The model that the agent used. */
  model?: string;
  /** How often the model spoke. */
  turns?: number;
  /** Files that the agent says it has changed, as it names them. */
  files_changed?: string[];
}

/** What an outcome carries besides its status. */
export function attachedTo({ warnings, usage, session_usage, session_id, model, turns, files_changed }: Attached): Attached {
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

/** The agent is done, its output fits and its `verify` commands passed. */
export interface Success extends Attached {
  status: "success";
  output: unknown;
}

/** The attempt failed by itself. */
export interface Failure extends Attached {
  status: "error";
  error_kind: Exclude<ErrorKind, "cancelled" | "interrupted">;
  /** What happened, as a sentence. */
  error: string;
  /** What the user may do about it, as a sentence. */
  suggestion?: string;
  /** Rate-limited: when the agent may be asked again, if it said so. ISO 8601. */
  retry_at?: string;
}

/** The attempt was stopped from outside before it had an end of its own. */
export interface Cancelled extends Attached {
  status: "cancelled";
  error_kind: "cancelled" | "interrupted";
  error: string;
}

/** The one end of an attempt. */
export type AttemptOutcome = Success | Failure | Cancelled;

/** The task never started. */
export interface Skipped {
  status: "skipped";
  error_kind: "dependency" | "budget";
  error: string;
  /** The task whose end kept this one from starting; none where there was no money for it. */
  root_task_id?: string;
}

/** The one end of a task. */
export type TaskOutcome = AttemptOutcome | Skipped;

/** Why a run, a task or an attempt is being stopped; the reason of every `AbortSignal` in the house. */
export type StopReason =
  | { type: "signal"; signal: "SIGINT" | "SIGTERM" | "SIGHUP" }
  | { type: "fail_fast"; task_id: string }
  | { type: "timeout"; seconds: number }
  | { type: "journal"; error: string }
  | { type: "caller" };

/** The outcome of an attempt that was stopped, by the reason of its signal. */
export function stoppedOutcome(reason: StopReason): Failure | Cancelled {
  switch (reason.type) {
    case "timeout":
      return {
        status: "error",
        error_kind: "timeout",
        error: `It took longer than ${reason.seconds} s.`,
        suggestion: "Raise timeout_seconds, or split the task.",
      };
    case "fail_fast":
      return { status: "cancelled", error_kind: "cancelled", error: `Stopped by fail_fast, because ${reason.task_id} failed.` };
    case "signal":
      return { status: "cancelled", error_kind: "interrupted", error: `Stopped by ${reason.signal}.` };
    case "journal":
      return {
        status: "cancelled",
        error_kind: "interrupted",
        error: `Stopped, because the journal cannot be written: ${reason.error}.`,
      };
    case "caller":
      return { status: "cancelled", error_kind: "interrupted", error: "Stopped by the caller." };
    default:
      return unreachable(reason);
  }
}
