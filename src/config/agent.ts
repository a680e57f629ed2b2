import * as z from "zod";
import { once } from "./once.ts";

/** Adapters for the vendor programs that dispatch knows; each works without further settings. */
export const program_adapters = ["claude", "codex", "gemini", "opencode"] as const;

/** Adapters that an agent can use. */
export const adapters = [...program_adapters, "acp", "api"] as const;

/** One of `adapters`. */
export type Adapter = (typeof adapters)[number];

/** Protocols that the `api` adapter supports. */
export const providers = ["anthropic", "openai-compatible"] as const;

function makeFields() {
  const usd_per_million = z.number().nonnegative();
  return z.strictObject({
    adapter: z.enum(adapters).describe("adapter that runs the agent"),
    model: z.string().min(1).optional().describe("model name, as the agent spells it"),
    permissions: z
      .enum(["read-only", "edit", "full"])
      .optional()
      .describe("read-only: read files; edit (default): change files inside the workspace; full: do anything without asking"),
    command: z
      .array(z.string())
      .min(1)
      .optional()
      .describe(
        'command to start instead of the program, such as ["npx", "codex"]; acp: the agent, such as ["gemini", "--acp"]',
      ),
    args: z.array(z.string()).optional().describe("extra arguments for the program"),
    env: z
      .record(z.string(), z.string())
      .optional()
      .describe("extra environment variables for the program; do not put secrets here"),
    pass_env: z.array(z.string().min(1)).optional().describe("more variables to pass on from dispatch's environment"),
    trust_workspace: z.boolean().optional().describe("claude, codex: run hooks and servers that the workspace configures"),
    provider: z.enum(providers).optional().describe("api: protocol of the endpoint"),
    base_url: z
      .string()
      .regex(/^https?:\/\/[^\s/]+/, "must be an http or https URL")
      .optional()
      .describe("api: URL of the endpoint"),
    api_key_env: z.string().min(1).optional().describe("api: environment variable that holds the key"),
    max_output_tokens: z
      .number()
      .int()
      .positive()
      .optional()
      .describe("api: maximum number of tokens that the model may write"),
    price: z
      .strictObject({ input: usd_per_million, cached_input: usd_per_million.optional(), output: usd_per_million })
      .optional()
      .describe("US dollars per million tokens, for an agent that does not report its cost"),
    description: z.string().optional().describe("text for people and for routing"),
    triggers: z.array(z.string().min(1)).optional().describe("keywords that route a request to this agent"),
  });
}

type Key = keyof ReturnType<typeof makeFields>["shape"];

const common_keys: readonly Key[] = ["adapter", "model", "price", "description", "triggers"];
const process_keys: readonly Key[] = [...common_keys, "permissions", "command", "args", "env", "pass_env"];
const api_keys: readonly Key[] = [...common_keys, "provider", "base_url", "api_key_env", "max_output_tokens"];

/** Keys that each adapter accepts, and the optional ones among them that it requires. */
const rules: Readonly<Record<Adapter, { accepted: readonly Key[]; required: readonly Key[] }>> = {
  claude: { accepted: [...process_keys, "trust_workspace"], required: [] },
  codex: { accepted: [...process_keys, "trust_workspace"], required: [] },
  // No option stops these two from running what a workspace configures.
  gemini: { accepted: process_keys, required: [] },
  opencode: { accepted: process_keys, required: [] },
  acp: { accepted: process_keys, required: ["command"] },
  api: { accepted: api_keys, required: ["provider", "model"] },
};

/** Pattern of an agent's name. */
export const agent_name = /^[a-z][a-z0-9_-]*$/;

/** Schema of an entry of `config.agents`. */
export const agentConfigSchema = once(() =>
  makeFields()
    .superRefine((config, context) => {
      const { accepted, required } = rules[config.adapter];
      for (const key of required) {
        if (config[key] !== undefined) continue;
        context.addIssue({ code: "custom", path: [key], message: `is missing; the ${config.adapter} adapter requires it` });
      }
      // zod has removed every key that the schema does not define.
      for (const key of Object.keys(config) as Key[]) {
        if (accepted.includes(key)) continue;
        context.addIssue({
          code: "custom",
          path: [key],
          message: `is not an option of the ${config.adapter} adapter`,
          params: { advice: `Remove it; ${config.adapter} accepts ${accepted.join(", ")}.` },
        });
      }
      if (config.provider === "openai-compatible" && config.base_url === undefined) {
        context.addIssue({
          code: "custom",
          path: ["base_url"],
          message: "is missing; an openai-compatible endpoint requires it",
        });
      }
    })
    .meta({ id: "AgentConfig" }),
);

/** See `agentConfigSchema`. */
export type AgentConfig = z.infer<ReturnType<typeof agentConfigSchema>>;
