import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, jsonSchema, type LanguageModel, type LanguageModelUsage, Output, streamText } from "ai";
import type { AgentEvent, Job } from "#agents";
import { messageOf } from "#errors";
import { type Attached, type AttemptOutcome, type Failure, stoppedOutcome, type Usage } from "#events";
import { costFields, jsonIn, withoutSecrets } from "../turn/conclude.ts";
import { appendPiece, endMessage, type MessageStream } from "../turn/message-stream.ts";
import { buildPrompt } from "../turn/prompt.ts";
import { rateLimitReset } from "../turn/rate-limit-reset.ts";
import { addCost } from "../turn/settings.ts";
import type { ReportedFailure } from "../turn/turn-state.ts";
import type { Endpoint } from "./endpoint.ts";

/** Asks the endpoint once; nothing is tried again here. What it streams is kept in the log, one JSON object a line. */
export async function* runApi(
  endpoint: Endpoint,
  job: Job,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
  // The library would tell the user of its doubts on stdout.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  const { output_schema } = job;
  const speech = { turns: 0, text: undefined, is_speaking: false, unsaid: "" };
  const heard: ReceivedTurn = { speech, finish: undefined, usage: undefined, error: undefined };
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
      // A schema is an object or a truth value, and only an object is something to hold a model to.
      ...(typeof output_schema === "object" && output_schema !== null
        ? { output: Output.object({ schema: jsonSchema(output_schema) }) }
        : {}),
      onError: () => {},
    });
    for await (const part of stream) {
      writeSync(log, `${JSON.stringify(part.type === "error" ? { type: "error", error: messageOf(part.error) } : part)}\n`);
      if (part.type === "text-delta") yield* appendPiece(speech, part.text);
      else if (part.type === "finish") {
        heard.finish = part.finishReason;
        heard.usage = usageOf(part.totalUsage);
      } else if (part.type === "error") heard.error = part.error;
    }
  } catch (error) {
    heard.error ??= error;
  } finally {
    if (log !== undefined) closeSync(log);
  }
  yield* endMessage(speech);
  addCost(heard, endpoint);
  if (heard.usage !== undefined) yield { type: "agent.usage", usage: heard.usage };
  if (signal.aborted) return { ...stoppedOutcome(signal.reason), ...attachedTo(endpoint, heard) };
  const { failure } = await withoutSecrets({ failure: failureOf(endpoint, heard.error) }, job);
  return concludeApi(endpoint, heard, failure, output_schema !== undefined);
}

/** What a stream has told. */
interface ReceivedTurn {
  speech: MessageStream;
  /** Why the model stopped, if it did. */
  finish: string | undefined;
  usage: Usage | undefined;
  error: unknown;
}

function modelOf({ provider, base_url, model, key_variable }: Endpoint, { env, inherited_env }: Job): LanguageModel {
  const key = key_variable === undefined ? undefined : (env[key_variable] ?? inherited_env[key_variable]);
  switch (provider) {
    case "anthropic":
      return createAnthropic({ ...(base_url === undefined ? {} : { baseURL: base_url }), apiKey: key ?? "none" })(model);
    default:
      return createOpenAICompatible({
        name: "endpoint",
        baseURL: base_url ?? "",
        ...(key === undefined ? {} : { apiKey: key }),
        includeUsage: true,
        supportsStructuredOutputs: true,
      })(model);
  }
}

function attachedTo({ model }: Endpoint, { speech, usage }: ReceivedTurn): Attached {
  const { turns } = speech;
  return { model, ...(turns === 0 ? {} : { turns }), ...(usage === undefined ? {} : { usage }) };
}

function concludeApi(
  endpoint: Endpoint,
  heard: ReceivedTurn,
  failure: ReportedFailure,
  wants_structure: boolean,
): AttemptOutcome {
  const { finish, error } = heard;
  const { text = "" } = heard.speech;
  const attached = attachedTo(endpoint, heard);
  const title = `The model ${endpoint.model}`;
  const failed = (why: string, error_kind: Failure["error_kind"] = "agent"): Failure => ({
    status: "error",
    error_kind,
    error: `${title} ${why}.`,
    ...attached,
  });
  // A piece that could not be read is missing, whatever the end says.
  if (error !== undefined || finish === undefined || finish === "error")
    return { ...advised(endpoint, costFields({ title, sign_in: signIn(endpoint) }, failure), error), ...attached };
  if (finish === "length") return failed("reached the most that it may write");
  if (finish !== "stop") return failed(`stopped with ${finish}`);
  if (text === "") return failed("ended without a word");
  if (!wants_structure) return { status: "success", output: text, ...attached };
  const value = jsonIn(text);
  return value === undefined
    ? failed("did not answer with the JSON that output_schema asks for", "invalid_output")
    : { status: "success", output: value.value, ...attached };
}

const signIn = ({ key_variable }: Endpoint): string =>
  key_variable === undefined ? "Name the variable with its key in `api_key_env`." : `Check the key in ${key_variable}.`;

function failureOf({ base_url, provider }: Endpoint, error: unknown): ReportedFailure {
  if (!APICallError.isInstance(error)) {
    const message = error === undefined ? `${base_url ?? provider} ended its answer before its end` : messageOf(error);
    return { message };
  }
  const { message, statusCode, responseHeaders = {}, responseBody = "" } = error;
  const retry_at = rateLimitReset(`${message} ${responseBody}`, responseHeaders);
  const status = statusCode === undefined ? "" : ` (HTTP ${statusCode})`;
  const told = `${(message || responseBody).replace(/\.$/, "")}${status}`;
  return { message: told, http_status: statusCode, retry_at };
}

/** What to do about an endpoint that has failed by itself: what was asked cannot be what was wrong. */
function advised({ base_url }: Endpoint, failure: Failure, error: unknown): Failure {
  if (failure.error_kind !== "agent" || !APICallError.isInstance(error)) return failure;
  const { statusCode } = error;
  if (statusCode === undefined && base_url !== undefined)
    return { ...failure, suggestion: `Check base_url, and that somebody answers at ${base_url}.` };
  return statusCode !== undefined && statusCode >= 500
    ? { ...failure, suggestion: "The endpoint itself has failed: go on later with dispatch resume, or set retries." }
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
