import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import type { RagConfig } from "#config";

/** Turns texts into vectors of length 1, in their order. Rejects with what went wrong, or with the signal's reason. */
export type Embed = (texts: readonly string[], signal: AbortSignal) => Promise<Float32Array[]>;

/** Options of `createEmbedder`. */
export interface EmbedderOptions {
  config: NonNullable<RagConfig["embeddings"]>;
  env: Readonly<Record<string, string | undefined>>;
  /** For one request. */
  timeout_ms?: number;
  /** Before a request is sent again; the server's own wish goes before. */
  pause_ms?: number;
}

/** What an endpoint answers, as far as it matters. */
const answer_schema = z.object({
  data: z.array(z.object({ index: z.number().int().nonnegative(), embedding: z.array(z.number()).min(1) })),
});

const max_tries = 3;

/** Longest that is waited because a server asks for it. */
const max_pause_ms = 20_000;

/** An OpenAI-compatible endpoint: `POST {url}/embeddings`. */
export function createEmbedder({ config, env, timeout_ms = 30_000, pause_ms = 500 }: EmbedderOptions): Embed {
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
    // A key goes to the one address that was configured.
    return fetch(endpoint, { method: "POST", headers, body, redirect: "error", signal });
  }

  async function ask(texts: readonly string[], signal: AbortSignal): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const until = AbortSignal.timeout(timeout_ms);
      try {
        const response = await post(texts, AbortSignal.any([signal, until]));
        if (response.ok) return await response.json();
        await response.body?.cancel();
        const may_pass = response.status === 429 || response.status >= 500;
        if (!may_pass || tries === max_tries) throw new Error(`it answers with status ${response.status}`);
        const wished = Number(response.headers.get("retry-after") ?? Number.NaN) * 1000;
        const wait = Number.isNaN(wished) ? pause_ms * 2 ** (tries - 1) : wished;
        if (wait > max_pause_ms)
          throw new Error(`it answers with status ${response.status} and asks to wait for ${wait / 1000} s`);
        await pause(wait, undefined, { signal });
      } catch (error) {
        signal.throwIfAborted();
        if (until.aborted) throw new Error(`it did not answer within ${timeout_ms / 1000} s`);
        // fetch says no more than that it failed; why is in the cause.
        if (error instanceof TypeError && error.cause instanceof Error) throw new Error(error.cause.message || error.message);
        throw error;
      }
    }
  }

  return async (texts, signal) => {
    const parsed = answer_schema.safeParse(await ask(texts, signal));
    if (!parsed.success) throw new Error("its answer is not a list of embeddings");
    const vectors: Float32Array[] = [];
    for (const { index, embedding } of parsed.data.data) vectors[index] = unit(embedding);
    const length = vectors[0]?.length;
    const is_whole = vectors.length === texts.length && Array.from(vectors).every((vector) => vector?.length === length);
    if (!is_whole) throw new Error(`it was asked for ${texts.length} embeddings of one length and gave others`);
    return vectors;
  };
}

function unit(values: readonly number[]): Float32Array {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => (length === 0 ? 0 : value / length));
}
