import * as z from "zod";
import { once } from "./once.ts";

/** The vendors' programs that dispatch knows: these need no more than their name. */
export const program_adapters = ["claude", "codex", "gemini", "opencode"] as const;

/** What an agent can run on. */
export const adapters = [...program_adapters, "acp", "api"] as const;

/** One of `adapters`. */
export type Adapter = (typeof adapters)[number];

/** What an endpoint of the adapter `api` speaks. */
export const providers = ["anthropic", "openai-compatible"] as const;

function makeFields() {
  const usd_per_million = z.number().nonnegative();
  return z.strictObject({
    adapter: z.enum(adapters).describe("what does the work"),
    model: z.string().min(1).optional().describe("in the agent's own words"),
    permissions: z
      .enum(["read-only", "edit", "full"])
      .optional()
      .describe("look; change files inside the workspace (default); everything, without a question"),
    command: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('in place of the program\'s name, for example ["npx", "codex"]; for acp the agent, ["gemini", "--acp"]'),
    args: z.array(z.string()).optional().describe("added to the program's arguments"),
    env: z.record(z.string(), z.string()).optional().describe("added to the program's environment; no place for secrets"),
    pass_env: z.array(z.string().min(1)).optional().describe("further variables of dispatch's environment that it may see"),
    trust_workspace: z
      .boolean()
      .optional()
      .describe("claude, codex: let hooks and servers run that the workspace itself configures"),
    provider: z.enum(providers).optional().describe("api: what the endpoint speaks"),
    base_url: z
      .string()
      .regex(/^https?:\/\/[^\s/]+/, "must be an http or https address")
      .optional()
      .describe("api: the endpoint"),
    api_key_env: z.string().min(1).optional().describe("api: the name of the environment variable that holds the key"),
    max_output_tokens: z.number().int().positive().optional().describe("api: the most that the model may write"),
    price: z
      .strictObject({ input: usd_per_million, cached_input: usd_per_million.optional(), output: usd_per_million })
      .optional()
      .describe("US dollars for a million tokens, where the agent does not tell its cost"),
    description: z.string().optional().describe("for people and for routing"),
    triggers: z.array(z.string().min(1)).optional().describe("words in a request that speak for it"),
  });
}

type Key = keyof ReturnType<typeof makeFields>["shape"];

const of_all: readonly Key[] = ["adapter", "model", "price", "description", "triggers"];
const of_processes: readonly Key[] = [...of_all, "permissions", "command", "args", "env", "pass_env"];
const of_api: readonly Key[] = [...of_all, "provider", "base_url", "api_key_env", "max_output_tokens"];

/** What each adapter takes, and what it cannot do without. */
const rules: Readonly<Record<Adapter, { takes: readonly Key[]; needs: readonly Key[] }>> = {
  claude: { takes: [...of_processes, "trust_workspace"], needs: [] },
  codex: { takes: [...of_processes, "trust_workspace"], needs: [] },
  // These run what a workspace configures, whatever they are told.
  gemini: { takes: of_processes, needs: [] },
  opencode: { takes: of_processes, needs: [] },
  acp: { takes: of_processes, needs: ["command"] },
  api: { takes: of_api, needs: ["provider", "model"] },
};

/** What an agent may be called. */
export const agent_name = /^[a-z][a-z0-9_-]*$/;

/** The schema of one of `config.agents`. */
export const agentConfigSchema = once(() =>
  makeFields()
    .superRefine((config, context) => {
      const { takes, needs } = rules[config.adapter];
      for (const key of needs) {
        if (config[key] !== undefined) continue;
        context.addIssue({ code: "custom", path: [key], message: `is missing; the adapter ${config.adapter} needs it` });
      }
      // zod's own objects have no other keys than the schema's.
      for (const key of Object.keys(config) as Key[]) {
        if (takes.includes(key)) continue;
        context.addIssue({
          code: "custom",
          path: [key],
          message: `is no option of the adapter ${config.adapter}`,
          params: { advice: `Remove it; ${config.adapter} takes ${takes.join(", ")}.` },
        });
      }
      if (config.provider === "openai-compatible" && config.base_url === undefined) {
        context.addIssue({ code: "custom", path: ["base_url"], message: "is missing; an openai-compatible endpoint needs it" });
      }
    })
    .meta({ id: "AgentConfig" }),
);

/** See `agentConfigSchema`. */
export type AgentConfig = z.infer<ReturnType<typeof agentConfigSchema>>;
