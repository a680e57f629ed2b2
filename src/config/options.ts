import * as z from "zod";

/** Where a value can be set and how it is told; one row of the option table. */
export interface Option {
  /** Wire name: the key in `config`, and DISPATCH_NAME in the environment. */
  name: ConfigName;
  /** As commander reads it. */
  flag: string;
  description: string;
}

/** What an agent can run on. */
export const adapters = ["claude", "codex", "gemini", "opencode"] as const;

const usd_per_million = z.number().nonnegative();

/** The schema of one of `config.agents`. */
export const agent_config_schema = z
  .strictObject({
    adapter: z.enum(adapters).describe("the program that does the work"),
    model: z.string().min(1).describe("in the program's own words"),
    permissions: z
      .enum(["read-only", "edit", "full"])
      .describe("look; change files inside the workspace (default); everything, without a question"),
    command: z.array(z.string()).min(1).describe('in place of the program\'s name, for example ["npx", "codex"]'),
    args: z.array(z.string()).describe("added to the program's arguments"),
    env: z.record(z.string(), z.string()).describe("added to the program's environment; no place for secrets"),
    pass_env: z.array(z.string().min(1)).describe("further variables of dispatch's environment that it may see"),
    trust_workspace: z.boolean().describe("let hooks and servers run that the workspace itself configures"),
    price: z
      .strictObject({ input: usd_per_million, cached_input: usd_per_million.optional(), output: usd_per_million })
      .describe("US dollars for a million tokens, where the program does not tell its cost"),
    description: z.string().describe("for people and for routing"),
    triggers: z.array(z.string().min(1)).describe("words in a request that speak for it"),
  })
  .partial()
  .required({ adapter: true })
  .meta({ id: "AgentConfig" });

/** See `agent_config_schema`. */
export type AgentConfig = z.infer<typeof agent_config_schema>;

/** The schema of `config` in a task file and of dispatch.config.json: every key may be left out. */
export const config_schema = z
  .strictObject({
    max_workers: z.number().int().min(1).max(1024).describe("tasks that run at the same time"),
    timeout_seconds: z
      .number()
      .positive()
      // setTimeout holds 31 bits of milliseconds.
      .max(2_147_483)
      .describe("longest time of one attempt"),
    trace_dir: z
      .string()
      .min(1)
      .refine((path) => !path.includes("\0"), "must not hold a NUL character")
      .describe("where traces go; relative to the working directory"),
    retries: z.number().int().min(0).max(100).describe("attempts after the first"),
    fail_fast: z.boolean().describe("stop everything at the first failure"),
    budget_usd: z.number().positive().describe("the most that the run may spend; US dollars"),
    agents: z
      .record(
        z.string().regex(/^[a-z][a-z0-9_-]*$/, "must be a name of small letters, digits, `_` and `-`"),
        agent_config_schema,
      )
      .describe("agents by name: further ones, or what stands behind a known name"),
  })
  .partial()
  .meta({ id: "Config" });

/** See `config_schema`. */
export type ConfigInput = z.infer<typeof config_schema>;

/** A key of the configuration. */
export type ConfigName = keyof ConfigInput;

/** The configuration in force; without a budget there is none. */
export type Config = { [Name in Exclude<ConfigName, "budget_usd">]-?: Exclude<ConfigInput[Name], undefined> } & {
  budget_usd?: number;
};

/** What holds where nothing else is said. */
export const defaults: Readonly<Config> = {
  max_workers: 5,
  timeout_seconds: 300,
  trace_dir: "./traces",
  retries: 0,
  fail_fast: false,
  agents: {},
};

/** The one option table: the command line, the environment and the docs are made from it. */
export const options: readonly Option[] = [
  { name: "max_workers", flag: "-w, --max-workers <n>", description: "tasks that run at the same time" },
  { name: "timeout_seconds", flag: "--timeout <seconds>", description: "longest time of one attempt" },
  { name: "retries", flag: "--retries <n>", description: "attempts after the first, for tasks that fail" },
  { name: "fail_fast", flag: "--fail-fast", description: "stop everything at the first failure" },
  { name: "budget_usd", flag: "--budget-usd <dollars>", description: "the most that the run may spend" },
  { name: "trace_dir", flag: "--trace-dir <folder>", description: "where traces go" },
];

/** The environment variable of an option. */
export const variableOf = (name: ConfigName): string => `DISPATCH_${name.toUpperCase()}`;
