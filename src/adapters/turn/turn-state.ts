import type { Usage } from "#events";
import type { MessageStream } from "./message-stream.ts";

/** What an agent says of its own failure. */
export interface ReportedFailure {
  message: string;
  /** Of the model's endpoint. */
  http_status?: number | undefined;
  /** When it may be asked again; milliseconds since 1970. */
  retry_at?: number | undefined;
  /** Where the agent itself names the kind: what it might spend is spent, or it found nothing that fits the schema. */
  error_kind?: "budget" | "invalid_output" | undefined;
  /** By which its log says more of it. */
  reference?: string | undefined;
}

/** What the stream has told so far. */
export interface TurnState extends MessageStream {
  session_id: string | undefined;
  model: string | undefined;
  /** The model has said something, or called a tool; some tell the number of its turns only at the end. */
  has_spoken: boolean;
  usage: Usage | undefined;
  /** What the session that it goes on with had spent before, and has spent now; of those that count by session. */
  session_before: Usage | undefined;
  session_usage: Usage | undefined;
  /** Output that the agent itself has fitted to the schema. */
  structured: { value: unknown } | undefined;
  /** It has said that its turn is completed. */
  is_completed: boolean;
  failure: ReportedFailure | undefined;
  /** Tools that it was not allowed to use. */
  refused: Set<string>;
  /** As the agent names them. */
  files_changed: Set<string>;
  /** Files that a tool was called to change, by the call's id; whether it did is told later. */
  changing: Map<string, string>;
}

/** An account of nothing. */
export const createTurnState = (): TurnState => ({
  session_id: undefined,
  model: undefined,
  turns: 0,
  has_spoken: false,
  usage: undefined,
  session_before: undefined,
  session_usage: undefined,
  text: undefined,
  is_speaking: false,
  unsaid: "",
  structured: undefined,
  is_completed: false,
  failure: undefined,
  refused: new Set(),
  files_changed: new Set(),
  changing: new Map(),
});
