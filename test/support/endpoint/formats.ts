import type { AnswerStep, Conversation } from "./script.ts";
import { scriptIn } from "./script.ts";

/** One wire format: how to read its requests and write its responses. */
export interface Format {
  conversation(request: Body): Conversation;
  /** Server-sent events, as `event` and data. */
  stream(step: AnswerStep, model: string): [event: string | undefined, data: unknown][];
  /** The same response without streaming. */
  whole(step: AnswerStep, model: string): unknown;
}

/** A request's body; only the fields in use are typed. */
export interface Body {
  model?: string;
  stream?: boolean;
  tools?: unknown[];
  messages?: { role: string; content: unknown }[];
  input?: unknown;
  contents?: { role: string; parts: unknown }[];
  [key: string]: unknown;
}

let ids = 0;
const id = (prefix: string): string => `${prefix}_${++ids}`;

/** Counts the model's turns after the message that carries the last script. */
function conversationOf(
  messages: readonly { by_model: boolean; text: string }[],
  tools: readonly unknown[] | undefined,
): Conversation {
  const from = messages.findLastIndex(({ text }) => scriptIn(text) !== undefined);
  return {
    prompt: messages.map(({ text }) => text).join("\n"),
    turn: messages.slice(from + 1).filter(({ by_model }) => by_model).length,
    has_tools: (tools?.length ?? 0) > 0,
  };
}

const anthropic_usage = { input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 40, output_tokens: 20 };

export const anthropic: Format = {
  conversation: ({ messages = [], tools }) =>
    conversationOf(
      messages.map(({ role, content }) => ({ by_model: role === "assistant", text: JSON.stringify(content) })),
      tools,
    ),
  whole: (step, model) => ({
    id: id("msg"),
    type: "message",
    role: "assistant",
    model,
    content: [
      "text" in step
        ? { type: "text", text: step.text }
        : { type: "tool_use", id: id("toolu"), name: step.tool, input: step.input },
    ],
    stop_reason: "text" in step ? "end_turn" : "tool_use",
    stop_sequence: null,
    usage: anthropic_usage,
  }),
  stream: (step, model) => {
    const block =
      "text" in step ? { type: "text", text: "" } : { type: "tool_use", id: id("toolu"), name: step.tool, input: {} };
    const delta =
      "text" in step
        ? { type: "text_delta", text: step.text }
        : { type: "input_json_delta", partial_json: JSON.stringify(step.input) };
    const stop_reason = "text" in step ? "end_turn" : "tool_use";
    const message = { id: id("msg"), type: "message", role: "assistant", model, content: [], stop_reason: null };
    const events = [
      { type: "message_start", message: { ...message, stop_sequence: null, usage: { ...anthropic_usage, output_tokens: 1 } } },
      { type: "content_block_start", index: 0, content_block: block },
      { type: "content_block_delta", index: 0, delta },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 20 } },
      { type: "message_stop" },
    ];
    return events.map((event) => [event.type, event]);
  },
};

export const responses: Format = {
  conversation: ({ input, tools }) => {
    const items = Array.isArray(input) ? (input as Record<string, unknown>[]) : [{ role: "user", content: input }];
    return conversationOf(
      items.map((item) => ({
        by_model: item["role"] === "assistant" || item["type"] === "function_call" || item["type"] === "custom_tool_call",
        text: JSON.stringify(item["content"] ?? ""),
      })),
      tools,
    );
  },
  whole: (step, model) => ({
    id: id("resp"),
    object: "response",
    status: "completed",
    model,
    output: [responsesItem(step)],
    usage: {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 40 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 5 },
      total_tokens: 120,
    },
  }),
  stream: (step, model) => {
    const response = responses.whole(step, model) as { output: unknown[] };
    const [item] = response.output;
    const events = [
      { type: "response.created", response: { ...response, status: "in_progress", output: [], usage: null } },
      { type: "response.output_item.added", output_index: 0, item },
      { type: "response.output_item.done", output_index: 0, item },
      { type: "response.completed", response },
    ];
    return events.map((event) => [event.type, event]);
  },
};

function responsesItem(step: AnswerStep): unknown {
  if ("text" in step) {
    const content = [{ type: "output_text", text: step.text, annotations: [] }];
    return { type: "message", id: id("item"), role: "assistant", status: "completed", content };
  }
  // A free-form tool (apply_patch) takes text as its input.
  return typeof step.input === "string"
    ? { type: "custom_tool_call", id: id("item"), call_id: id("call"), name: step.tool, input: step.input, status: "completed" }
    : {
        type: "function_call",
        id: id("item"),
        call_id: id("call"),
        name: step.tool,
        arguments: JSON.stringify(step.input),
        status: "completed",
      };
}

const chat_usage = {
  prompt_tokens: 100,
  completion_tokens: 20,
  total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 40 },
};

export const chat: Format = {
  conversation: ({ messages = [], tools }) =>
    conversationOf(
      messages.map(({ role, content }) => ({ by_model: role === "assistant", text: JSON.stringify(content ?? "") })),
      tools,
    ),
  whole: (step, model) => ({
    id: id("chatcmpl"),
    object: "chat.completion",
    created: 0,
    model,
    choices: [{ index: 0, message: { role: "assistant", ...chatDelta(step) }, finish_reason: finishOf(step) }],
    usage: chat_usage,
  }),
  stream: (step, model) => {
    const chunk = (choice: object, more: object = {}): [undefined, object] => [
      undefined,
      { id: "chatcmpl", object: "chat.completion.chunk", created: 0, model, choices: [{ index: 0, ...choice }], ...more },
    ];
    return [
      chunk({ delta: { role: "assistant", ...chatDelta(step) }, finish_reason: null }),
      chunk({ delta: {}, finish_reason: finishOf(step) }, { usage: chat_usage }),
      [undefined, "[DONE]"],
    ];
  },
};

const finishOf = (step: object): string => ("text" in step ? "stop" : "tool_calls");

function chatDelta(step: AnswerStep): object {
  if ("text" in step) return { content: step.text };
  const call = { name: step.tool, arguments: JSON.stringify(step.input) };
  return { content: null, tool_calls: [{ index: 0, id: id("call"), type: "function", function: call }] };
}

export const gemini: Format = {
  conversation: ({ contents = [], tools }) =>
    conversationOf(
      contents.map(({ role, parts }) => ({ by_model: role === "model", text: JSON.stringify(parts) })),
      tools,
    ),
  whole: (step, model) => ({
    candidates: [
      {
        index: 0,
        content: {
          role: "model",
          parts: ["text" in step ? { text: step.text } : { functionCall: { name: step.tool, args: step.input } }],
        },
        finishReason: "STOP",
      },
    ],
    usageMetadata: { promptTokenCount: 100, cachedContentTokenCount: 40, candidatesTokenCount: 20, totalTokenCount: 120 },
    modelVersion: model,
  }),
  stream: (step, model) => [[undefined, gemini.whole(step, model)]],
};
