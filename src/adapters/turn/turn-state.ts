import type { Usage } from "#events";
import type { MessageStream } from "./message-stream.ts";

/** A failure as the agent reports it. */
export interface ReportedFailure {
  message: string;
  /** HTTP status of the model's endpoint. */
  http_status?: number | undefined;
  /** When to retry; milliseconds since 1970. */
  retry_at?: number | undefined;
  /** Set if the agent itself names the kind: its budget is used up, or it could not produce output that fits the schema. */
  error_kind?: "budget" | "invalid_output" | undefined;
  /** Id of the failure in the program's log, which has the details. */
  reference?: string | undefined;
}

/** State of a turn, built from the agent's stream. */
export interface TurnState extends MessageStream {
  session_id: string | undefined;
  model: string | undefined;
  /** Whether the model has sent a message or called a tool; some agents report `model_turns` only at the end. */
  has_activity: boolean;
  usage: Usage | undefined;
  /** Usage of the continued session before this turn, and in total; only for agents that report usage per session. */
  previous_session_usage: Usage | undefined;
  session_usage: Usage | undefined;
  /** Output that the agent itself has validated against the schema. */
  structured: { value: unknown } | undefined;
  /** Whether it has reported that its turn is completed. */
  is_completed: boolean;
  failure: ReportedFailure | undefined;
  /** Tools that its permissions did not allow. */
  refused_tools: Set<string>;
  /** Paths as the agent reports them. */
  files_changed: Set<string>;
  /** Files that a running tool call is to change, by the call's id; its result is reported later. */
  pending_changes: Map<string, string>;
}

/** Creates the state of a turn that has not started. */
export const createTurnState = (): TurnState => ({
  session_id: undefined,
  model: undefined,
  model_turns: 0,
  has_activity: false,
  usage: undefined,
  previous_session_usage: undefined,
  session_usage: undefined,
  text: undefined,
  is_open: false,
  unsent: "",
  structured: undefined,
  is_completed: false,
  failure: undefined,
  refused_tools: new Set(),
  files_changed: new Set(),
  pending_changes: new Map(),
});
