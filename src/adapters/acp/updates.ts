import type { AgentEvent } from "#agents";
import { appendPiece, endMessage, interrupt } from "../turn/message-stream.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { countOf, type Fields, fieldsOf, listOf, textOf } from "../turn/untyped-json.ts";

/** What a session has told besides what every account holds. */
export interface SessionState extends TurnState {
  /** What the session had cost before this turn, which continues it. */
  cost_before: number;
  /** What stands in the stream is of this turn; a session that is loaded first tells what it said earlier. */
  is_live: boolean;
}

/** Enters one message of an agent; requests, and what nobody knows, tell nothing. */
export function takeMessage(message: Fields, account: SessionState): AgentEvent[] {
  if (message["method"] === "session/update") return takeUpdate(fieldsOf(fieldsOf(message["params"])["update"]), account);
  const { stopReason, usage, _meta } = fieldsOf(message["result"]);
  if (typeof stopReason !== "string") return [];
  return takeUsage(fieldsOf(usage), fieldsOf(fieldsOf(fieldsOf(_meta)["quota"])["token_count"]), account);
}

function takeUpdate(update: Fields, account: SessionState): AgentEvent[] {
  const kind = update["sessionUpdate"];
  if (kind === "usage_update") {
    takeCost(fieldsOf(update["cost"]), account);
    return [];
  }
  if (!account.is_live) return [];
  if (kind === "agent_message_chunk") {
    const said = textOf(fieldsOf(update["content"])["text"]);
    if (said === undefined) return [];
    // Pieces of one message follow each other until something else does.
    return appendPiece(account, said);
  }
  if (kind !== "tool_call" && kind !== "tool_call_update") return [];
  takeChanges(update, account);
  if (kind === "tool_call_update") return endMessage(account);
  const before = interrupt(account);
  const { title, kind: tool_kind, name, rawInput } = update;
  const tool = textOf(name) ?? textOf(tool_kind) ?? textOf(title) ?? "tool";
  account.has_spoken = true;
  return [...before, { type: "agent.tool", tool, input: rawInput ?? { title } }];
}

/** Remembers which files a call is to change, and counts them when it says that it has. */
function takeChanges(update: Fields, account: SessionState): void {
  const id = textOf(update["toolCallId"]) ?? "";
  for (const [i, file] of changedFiles(update).entries()) account.changing.set(`${id} ${i}`, file);
  if (update["status"] !== "completed") return;
  for (const [call, file] of account.changing) {
    if (!call.startsWith(`${id} `)) continue;
    account.files_changed.add(file);
    account.changing.delete(call);
  }
}

/** The files that a tool call's content shows a difference of, or that it names as what it edits, deletes or moves. */
export function changedFiles({ kind, content, locations }: Fields): string[] {
  const changed = listOf(content)
    .map(fieldsOf)
    .flatMap(({ type, path }) => (type === "diff" ? (textOf(path) ?? []) : []));
  const is_change = kind === "edit" || kind === "delete" || kind === "move";
  const named = is_change ? listOf(locations).flatMap((location) => textOf(fieldsOf(location)["path"]) ?? []) : [];
  return [...new Set([...changed, ...named])];
}

/** Agents that know their cost tell that of the whole session. */
function takeCost({ amount, currency }: Fields, account: SessionState): void {
  if (typeof amount !== "number" || currency !== "USD") return;
  if (!account.is_live) account.cost_before = amount;
  else {
    const cost_usd = Math.max(0, amount - account.cost_before);
    account.usage = { ...(account.usage ?? { input_tokens: 0, output_tokens: 0 }), cost_usd };
  }
}

/** Tokens stand in the answer to the prompt, for those that tell them: the protocol's draft has one form, Gemini another. */
function takeUsage(usage: Fields, quota: Fields, account: SessionState): AgentEvent[] {
  const cached_input_tokens = countOf(usage["cachedReadTokens"]);
  const input_tokens = countOf(usage["inputTokens"]) + cached_input_tokens + countOf(usage["cachedWriteTokens"]);
  const output_tokens = countOf(usage["outputTokens"]) || countOf(quota["output_tokens"]);
  const told = { input_tokens: input_tokens || countOf(quota["input_tokens"]), cached_input_tokens, output_tokens };
  if (told.input_tokens + output_tokens === 0) return [];
  account.usage = { ...account.usage, ...told };
  return [{ type: "agent.usage", usage: account.usage }];
}
