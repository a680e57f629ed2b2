import type { AgentEvent } from "#agents";
import { appendChunk, endMessage, interruptMessage } from "../turn/message-stream.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { countOf, type Fields, fieldsOf, listOf, textOf } from "../turn/untyped-json.ts";

/** State of a turn, plus what only the protocol needs. */
export interface SessionState extends TurnState {
  /** Cost of the continued session before this turn; US dollars. */
  cost_before_turn: number;
  /** Whether the stream has reached this turn; a loaded session first replays its earlier messages. */
  is_live: boolean;
}

/** Applies one message of an agent to the turn. Requests and unknown messages change nothing. */
export function handleMessage(message: Fields, turn: SessionState): AgentEvent[] {
  if (message["method"] === "session/update") return handleUpdate(fieldsOf(fieldsOf(message["params"])["update"]), turn);
  const { stopReason, usage, _meta } = fieldsOf(message["result"]);
  if (typeof stopReason !== "string") return [];
  return recordUsage(fieldsOf(usage), fieldsOf(fieldsOf(fieldsOf(_meta)["quota"])["token_count"]), turn);
}

function handleUpdate(update: Fields, turn: SessionState): AgentEvent[] {
  const kind = update["sessionUpdate"];
  if (kind === "usage_update") {
    recordCost(fieldsOf(update["cost"]), turn);
    return [];
  }
  if (!turn.is_live) return [];
  if (kind === "agent_message_chunk") {
    const text = textOf(fieldsOf(update["content"])["text"]);
    if (text === undefined) return [];
    // Consecutive chunks belong to one message.
    return appendChunk(turn, text);
  }
  if (kind !== "tool_call" && kind !== "tool_call_update") return [];
  trackChanges(update, turn);
  if (kind === "tool_call_update") return endMessage(turn);
  const before = interruptMessage(turn);
  const { title, kind: tool_kind, name, rawInput } = update;
  const tool = textOf(name) ?? textOf(tool_kind) ?? textOf(title) ?? "tool";
  turn.has_activity = true;
  return [...before, { type: "agent.tool", tool, input: rawInput ?? { title } }];
}

/** Remembers the files that a tool call is to change, and counts them as changed when the call completes. */
function trackChanges(update: Fields, turn: SessionState): void {
  const id = textOf(update["toolCallId"]) ?? "";
  for (const [i, file] of changedFiles(update).entries()) turn.pending_changes.set(`${id} ${i}`, file);
  if (update["status"] !== "completed") return;
  for (const [call, file] of turn.pending_changes) {
    if (!call.startsWith(`${id} `)) continue;
    turn.files_changed.add(file);
    turn.pending_changes.delete(call);
  }
}

/** Returns the files that a tool call shows a diff of, or that it edits, deletes or moves. */
export function changedFiles({ kind, content, locations }: Fields): string[] {
  const changed = listOf(content)
    .map(fieldsOf)
    .flatMap(({ type, path }) => (type === "diff" ? (textOf(path) ?? []) : []));
  const is_change = kind === "edit" || kind === "delete" || kind === "move";
  const named = is_change ? listOf(locations).flatMap((location) => textOf(fieldsOf(location)["path"]) ?? []) : [];
  return [...new Set([...changed, ...named])];
}

/** Records the cost of this turn; agents report that of the whole session. */
function recordCost({ amount, currency }: Fields, turn: SessionState): void {
  if (typeof amount !== "number" || currency !== "USD") return;
  if (!turn.is_live) turn.cost_before_turn = amount;
  else {
    const cost_usd = Math.max(0, amount - turn.cost_before_turn);
    turn.usage = { ...(turn.usage ?? { input_tokens: 0, output_tokens: 0 }), cost_usd };
  }
}

/** Records the tokens in the response to the prompt; the protocol's draft and Gemini use different formats. */
function recordUsage(usage: Fields, quota: Fields, turn: SessionState): AgentEvent[] {
  const cached_input_tokens = countOf(usage["cachedReadTokens"]);
  const input_tokens = countOf(usage["inputTokens"]) + cached_input_tokens + countOf(usage["cachedWriteTokens"]);
  const output_tokens = countOf(usage["outputTokens"]) || countOf(quota["output_tokens"]);
  const tokens = { input_tokens: input_tokens || countOf(quota["input_tokens"]), cached_input_tokens, output_tokens };
  if (tokens.input_tokens + output_tokens === 0) return [];
  turn.usage = { ...turn.usage, ...tokens };
  return [{ type: "agent.usage", usage: turn.usage }];
}
