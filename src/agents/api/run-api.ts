import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, jsonSchema, type LanguageModel, type LanguageModelUsage, Output, streamText } from "ai";
import { messageOf } from "#errors";
import { type Attached, type AttemptOutcome, type Failure, stoppedOutcome, type Usage } from "#events";
import type { AgentEvent, Job } from "../agent.ts";
import { jsonIn, reported } from "../programs/conclude.ts";
import { buildPrompt } from "../programs/prompt.ts";
import { resetOf } from "../programs/reset.ts";
import { addCost } from "../programs/settings.ts";
import type { Endpoint } from "./endpoint.ts";

/** So much text is one event, unless a line ends before. */
const most_event_characters = 500;

/** Asks the endpoint once; nothing is tried again here. What it streams is kept in the log, one JSON object a line. */
export async function* runApi(
  endpoint: Endpoint,
  job: Job,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
  // The library would tell the user of its doubts on stdout.
  globalThis.AI_SDK_LOG_WARNINGS = false;
  const { output_schema } = job;
  const heard: Heard = { text: "", finish: undefined, usage: undefined, error: undefined };
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
    let unsaid = "";
    for await (const part of stream) {
      writeSync(log, `${JSON.stringify(part.type === "error" ? { type: "error", error: messageOf(part.error) } : part)}\n`);
      if (part.type === "text-delta") {
        heard.text += part.text;
        unsaid += part.text;
        const cut = unsaid.length > most_event_characters ? unsaid.length : unsaid.lastIndexOf("\n") + 1;
        if (cut > 0) yield { type: "agent.message", text: unsaid.slice(0, cut) };
        unsaid = unsaid.slice(cut);
      } else if (part.type === "finish") {
        heard.finish = part.finishReason;
        heard.usage = usageOf(part.totalUsage);
      } else if (part.type === "error") heard.error = part.error;
    }
    if (unsaid !== "") yield { type: "agent.message", text: unsaid };
  } catch (error) {
    heard.error ??= error;
  } finally {
    if (log !== undefined) closeSync(log);
  }
  addCost(heard, endpoint);
  if (heard.usage !== undefined) yield { type: "agent.usage", usage: heard.usage };
  return signal.aborted ? stoppedOutcome(signal.reason) : concludeApi(endpoint, heard, output_schema !== undefined);
}

/** What a stream has told. */
interface Heard {
  text: string;
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

function concludeApi(endpoint: Endpoint, { text, finish, usage, error }: Heard, wants_structure: boolean): AttemptOutcome {
  const attached: Attached = { model: endpoint.model, turns: 1, ...(usage === undefined ? {} : { usage }) };
  const title = `The model ${endpoint.model}`;
  const failed = (why: string, error_kind: Failure["error_kind"] = "agent"): Failure => ({
    status: "error",
    error_kind,
    error: `${title} ${why}.`,
    ...attached,
  });
  if (finish === undefined || finish === "error") return { ...failureOf(endpoint, title, error), ...attached };
  if (finish === "length") return failed("reached the most that it may write");
  if (finish !== "stop") return failed(`stopped with ${finish}`);
  if (text === "") return failed("ended without a word");
  if (!wants_structure) return { status: "success", output: text, ...attached };
  const value = jsonIn(text);
  return value === undefined
    ? failed("did not answer with the JSON that output_schema asks for", "invalid_output")
    : { status: "success", output: value.value, ...attached };
}

function failureOf({ key_variable, base_url, provider }: Endpoint, title: string, error: unknown): Failure {
  const sign_in =
    key_variable === undefined ? "Name the variable with its key in `api_key_env`." : `Check the key in ${key_variable}.`;
  if (!APICallError.isInstance(error)) {
    const message = error === undefined ? `${base_url ?? provider} ended its answer before its end` : messageOf(error);
    return reported({ title, sign_in }, { message });
  }
  const { message, statusCode, responseHeaders = {}, responseBody = "" } = error;
  const retry_at = resetOf(`${message} ${responseBody}`, responseHeaders);
  const status = statusCode === undefined ? "" : ` (HTTP ${statusCode})`;
  const told = `${(message || responseBody).replace(/\.$/, "")}${status}`;
  const failure = reported({ title, sign_in }, { message: told, http_status: statusCode, retry_at });
  if (failure.error_kind !== "agent") return failure;
  // What was asked cannot be what was wrong.
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
