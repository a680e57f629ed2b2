import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import type { RagConfig } from "#config";

/** Embeds texts as vectors of length 1, in order. Rejects with the cause of the failure, or with the signal's reason. */
export type Embed = (texts: readonly string[], signal: AbortSignal) => Promise<Float32Array[]>;

/** Options of `createEmbedder`. */
export interface EmbedderOptions {
  config: NonNullable<RagConfig["embeddings"]>;
  env: Readonly<Record<string, string | undefined>>;
  /** Timeout of one request. */
  timeout_ms?: number;
  /** First delay before a retry, if the server requests none. */
  backoff_ms?: number;
}

/** The part of a response that is used. */
const response_schema = z.object({
  data: z.array(z.object({ index: z.number().int().nonnegative(), embedding: z.array(z.number()).min(1) })),
});

const max_tries = 3;

/** Maximum delay that a server may request. */
const max_backoff_ms = 20_000;

/** Creates a client of an OpenAI-compatible endpoint: `POST {url}/embeddings`. */
export function createEmbedder({ config, env, timeout_ms = 30_000, backoff_ms = 500 }: EmbedderOptions): Embed {
  const url = config.url.replace(/\/+$/, "");
  const endpoint = url.endsWith("/embeddings") ? url : `${url}/embeddings`;

  async function post(texts: readonly string[], signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (config.api_key_env !== undefined) {
      const key = env[config.api_key_env];
      if (key === undefined || key === "") throw new Error(`the environment variable ${config.api_key_env} is not set`);
      headers["authorization"] = `Bearer ${key}`;
    }
    const body = JSON.stringify({ model: config.model, input: texts });
    // Redirects are errors, so that the key is sent to the configured address only.
    return fetch(endpoint, { method: "POST", headers, body, redirect: "error", signal });
  }

  async function postWithRetry(texts: readonly string[], signal: AbortSignal): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const until = AbortSignal.timeout(timeout_ms);
      try {
        const response = await post(texts, AbortSignal.any([signal, until]));
        if (response.ok) return await response.json();
        await response.body?.cancel();
        const is_temporary = response.status === 429 || response.status >= 500;
        if (!is_temporary || tries === max_tries) throw new Error(`it responded with status ${response.status}`);
        const requested = Number(response.headers.get("retry-after") ?? Number.NaN) * 1000;
        const wait = Number.isNaN(requested) ? backoff_ms * 2 ** (tries - 1) : requested;
        if (wait > max_backoff_ms)
          throw new Error(`it responded with status ${response.status} and a retry delay of ${wait / 1000} s`);
        await pause(wait, undefined, { signal });
      } catch (error) {
        signal.throwIfAborted();
        if (until.aborted) throw new Error(`it did not respond within ${timeout_ms / 1000} s`);
        // fetch gives the reason only in the cause.
        if (error instanceof TypeError && error.cause instanceof Error) throw new Error(error.cause.message || error.message);
        throw error;
      }
    }
  }

  return async (texts, signal) => {
    const parsed = response_schema.safeParse(await postWithRetry(texts, signal));
    if (!parsed.success) throw new Error("its response is not a list of embeddings");
    const vectors: Float32Array[] = [];
    for (const { index, embedding } of parsed.data.data) vectors[index] = normalize(embedding);
    const length = vectors[0]?.length;
    const is_complete = vectors.length === texts.length && Array.from(vectors).every((vector) => vector?.length === length);
    if (!is_complete) throw new Error(`it did not return ${texts.length} embeddings of equal length`);
    return vectors;
  };
}

function normalize(values: readonly number[]): Float32Array {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => (length === 0 ? 0 : value / length));
}
