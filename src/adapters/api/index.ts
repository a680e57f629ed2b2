/** A model endpoint as an agent without tools, for tasks that need only text. */

import type { Agent } from "#agents";
import type { AgentConfig } from "#config";
import { input_schema, unknownCost } from "../programs/index.ts";
import type { Endpoint } from "./endpoint.ts";

/** Creates an agent that calls an endpoint. */
export function apiAgent(name: string, config: AgentConfig): Agent {
  const { provider, model, base_url, api_key_env, max_output_tokens, price } = config;
  if (provider === undefined || model === undefined) throw new Error(`The agent ${name} has no endpoint`);
  // The provider's usual key is sent only to the provider's own endpoint; any other needs `api_key_env`.
  const default_key_variable = provider === "anthropic" && base_url === undefined ? "ANTHROPIC_API_KEY" : undefined;
  const endpoint: Endpoint = {
    provider,
    model,
    base_url,
    key_variable: api_key_env ?? default_key_variable,
    max_output_tokens,
    price,
  };
  const where = base_url ?? provider;
  const missing: Agent["missing"] = ({ env }) =>
    endpoint.key_variable === undefined || (env[endpoint.key_variable] ?? "") !== ""
      ? undefined
      : {
          message: `The variable ${endpoint.key_variable}, which holds the key of the agent ${name}, is not set.`,
          advice: "Set it in the environment, or name another in `api_key_env`.",
        };
  return {
    name,
    aliases: [],
    adapter: "api",
    description: config.description ?? `Sends the task to ${model} at ${where}, without tools.`,
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
      const problem = missing(context);
      return problem === undefined
        ? { found: true, version: model }
        : { found: false, why_not: `${endpoint.key_variable} is not set` };
    },
    async *run(job, signal) {
      const { runApi } = await import("./run-api.ts");
      return yield* runApi(endpoint, job, signal);
    },
  };
}
