import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, jsonSchema, type LanguageModel, type LanguageModelUsage, Output, streamText } from "ai";
import type { AgentEvent, Job } from "#agents";
import { messageOf } from "#errors";
import { type AttemptDetails, type AttemptOutcome, type Failure, stoppedOutcome, type Usage } from "#events";
import { failureOutcome, findJson, redactFailure } from "../turn/conclude.ts";
import { appendChunk, endMessage, type MessageStream } from "../turn/message-stream.ts";
import { buildPrompt } from "../turn/prompt.ts";
import { rateLimitReset } from "../turn/rate-limit-reset.ts";
import { addCost } from "../turn/settings.ts";
import type { ReportedFailure } from "../turn/turn-state.ts";
import type { Endpoint } from "./endpoint.ts";

/** Calls the endpoint once, without retries. The stream is logged as one JSON object per line. */
export async function* runApi(
  endpoint: Endpoint,
  job: Job,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
  // The library would print its warnings to stdout.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  const { output_schema } = job;
  const message_stream = { model_turns: 0, text: undefined, is_open: false, unsent: "" };
  const received: ReceivedTurn = { message_stream, finish_reason: undefined, usage: undefined, error: undefined };
  let log: number | undefined;
  try {
    const prompt = buildPrompt({ ...job, is_continued: false });
    writeFileSync(job.files.prompt, prompt, { mode: 0o600 });
    log = openSync(job.files.stdout, "a", 0o600);
    const { stream } = streamText({
      model: modelOf(endpoint, job),
      prompt,
      maxRetries: 0,
      abortSignal: signal,
      ...(endpoint.max_output_tokens === undefined ? {} : { maxOutputTokens: endpoint.max_output_tokens }),
      // A schema may be a boolean, but only an object can be enforced.
      ...(typeof output_schema === "object" && output_schema !== null
        ? { output: Output.object({ schema: jsonSchema(output_schema) }) }
        : {}),
      onError: () => {},
    });
    for await (const part of stream) {
      writeSync(log, `${JSON.stringify(part.type === "error" ? { type: "error", error: messageOf(part.error) } : part)}\n`);
      if (part.type === "text-delta") yield* appendChunk(message_stream, part.text);
      else if (part.type === "finish") {
        received.finish_reason = part.finishReason;
        received.usage = usageOf(part.totalUsage);
      } else if (part.type === "error") received.error = part.error;
    }
  } catch (error) {
    received.error ??= error;
  } finally {
    if (log !== undefined) closeSync(log);
  }
  yield* endMessage(message_stream);
  addCost(received, endpoint);
  if (received.usage !== undefined) yield { type: "agent.usage", usage: received.usage };
  if (signal.aborted) return { ...stoppedOutcome(signal.reason), ...attachedFields(endpoint, received) };
  const { failure } = await redactFailure({ failure: failureOf(endpoint, received.error) }, job);
  return concludeApi(endpoint, received, failure, output_schema !== undefined);
}

/** What has been received from the stream. */
interface ReceivedTurn {
  message_stream: MessageStream;
  /** Why the model stopped; undefined if the stream did not say. */
  finish_reason: string | undefined;
  usage: Usage | undefined;
  error: unknown;
}

function modelOf({ provider, base_url, model, key_variable }: Endpoint, { env, inherited_env }: Job): LanguageModel {
  const api_key = key_variable === undefined ? undefined : (env[key_variable] ?? inherited_env[key_variable]);
  switch (provider) {
    case "anthropic":
      return createAnthropic({ ...(base_url === undefined ? {} : { baseURL: base_url }), apiKey: api_key ?? "none" })(model);
    default:
      return createOpenAICompatible({
        name: "endpoint",
        baseURL: base_url ?? "",
        ...(api_key === undefined ? {} : { apiKey: api_key }),
        includeUsage: true,
        supportsStructuredOutputs: true,
      })(model);
  }
}

function attachedFields({ model }: Endpoint, { message_stream, usage }: ReceivedTurn): AttemptDetails {
  const { model_turns } = message_stream;
  return { model, ...(model_turns === 0 ? {} : { turns: model_turns }), ...(usage === undefined ? {} : { usage }) };
}

function concludeApi(
  endpoint: Endpoint,
  received: ReceivedTurn,
  failure: ReportedFailure,
  wants_structure: boolean,
): AttemptOutcome {
  const { finish_reason, error } = received;
  const { text = "" } = received.message_stream;
  const attached = attachedFields(endpoint, received);
  const title = `The model ${endpoint.model}`;
  const failed = (why: string, error_kind: Failure["error_kind"] = "agent"): Failure => ({
    status: "error",
    error_kind,
    error: `${title} ${why}.`,
    ...attached,
  });
  // After an unreadable chunk the text is incomplete, whatever the finish reason.
  if (error !== undefined || finish_reason === undefined || finish_reason === "error")
    return { ...withSuggestion(endpoint, failureOutcome({ title, sign_in: signIn(endpoint) }, failure), error), ...attached };
  if (finish_reason === "length") return failed("reached its output limit");
  if (finish_reason !== "stop") return failed(`stopped with the reason "${finish_reason}"`);
  if (text === "") return failed("returned no text");
  if (!wants_structure) return { status: "success", output: text, ...attached };
  const value = findJson(text);
  return value === undefined
    ? failed("did not return the JSON that output_schema requires", "invalid_output")
    : { status: "success", output: value.value, ...attached };
}

const signIn = ({ key_variable }: Endpoint): string =>
  key_variable === undefined ? "Set `api_key_env` to the variable that holds its key." : `Check the key in ${key_variable}.`;

function failureOf({ base_url, provider }: Endpoint, error: unknown): ReportedFailure {
  if (!APICallError.isInstance(error)) {
    const message = error === undefined ? `${base_url ?? provider} closed an incomplete response` : messageOf(error);
    return { message };
  }
  const { message, statusCode, responseHeaders = {}, responseBody = "" } = error;
  const retry_at = rateLimitReset(`${message} ${responseBody}`, responseHeaders);
  const status_suffix = statusCode === undefined ? "" : ` (HTTP ${statusCode})`;
  const text = `${(message || responseBody).replace(/\.$/, "")}${status_suffix}`;
  return { message: text, http_status: statusCode, retry_at };
}

/** Adds a suggestion to the failure of the endpoint itself, which the request cannot have caused. */
function withSuggestion({ base_url }: Endpoint, failure: Failure, error: unknown): Failure {
  if (failure.error_kind !== "agent" || !APICallError.isInstance(error)) return failure;
  const { statusCode } = error;
  if (statusCode === undefined && base_url !== undefined)
    return { ...failure, suggestion: `Check base_url, and that a server is listening at ${base_url}.` };
  return statusCode !== undefined && statusCode >= 500
    ? { ...failure, suggestion: "The endpoint failed. Continue later with `dispatch resume`, or set `retries`." }
    : failure;
}

function usageOf({ inputTokens, inputTokenDetails, outputTokens, outputTokenDetails }: LanguageModelUsage): Usage | undefined {
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  return {
    input_tokens: inputTokens ?? 0,
    cached_input_tokens: inputTokenDetails.cacheReadTokens ?? 0,
    output_tokens: outputTokens ?? 0,
    reasoning_tokens: outputTokenDetails.reasoningTokens ?? 0,
  };
}
