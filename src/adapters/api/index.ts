/** A model's endpoint as an agent without tools, for tasks that need words and no hands. */

import type { Agent } from "#agents";
import type { AgentConfig } from "#config";
import { input_schema, unknownCost } from "../programs/index.ts";
import type { Endpoint } from "./endpoint.ts";

/** An agent of this name that asks an endpoint. */
export function apiAgent(name: string, config: AgentConfig): Agent {
  const { provider, model, base_url, api_key_env, max_output_tokens, price } = config;
  if (provider === undefined || model === undefined) throw new Error(`The agent ${name} has no endpoint`);
  // A key goes only where the user has said that it may.
  const own_key = provider === "anthropic" && base_url === undefined ? "ANTHROPIC_API_KEY" : undefined;
  const endpoint: Endpoint = { provider, model, base_url, key_variable: api_key_env ?? own_key, max_output_tokens, price };
  const where = base_url ?? provider;
  const missing: Agent["missing"] = ({ env }) =>
    endpoint.key_variable === undefined || (env[endpoint.key_variable] ?? "") !== ""
      ? undefined
      : {
          message: `The variable ${endpoint.key_variable} with the key of the agent ${name} is not set.`,
          advice: "Set it in the environment, or name another in `api_key_env`.",
        };
  return {
    name,
    aliases: [],
    adapter: "api",
    description: config.description ?? `Asks ${model} at ${where}; it has no tools.`,
    capabilities: ["text", "structured-output"],
    triggers: config.triggers ?? [name],
    input: input_schema,
    shell_fields: [],
    read_fields: [],
    requires_prompt: true,
    is_paid: true,
    ...unknownCost(name, { price }, `the endpoint ${where}`),
    missing,
    probe: async (context) => {
      const found = missing(context);
      return found === undefined
        ? { found: true, version: model }
        : { found: false, why_not: `${endpoint.key_variable} is not set` };
    },
    async *run(job, signal) {
      const { runApi } = await import("./run-api.ts");
      return yield* runApi(endpoint, job, signal);
    },
  };
}
