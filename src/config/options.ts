import * as z from "zod";
import { agent_name, agentConfigSchema } from "./agent.ts";
import { once } from "./once.ts";

/** Where a value can be set and how it is told; one row of the option table. */
export interface Option {
  /** Wire name: the key in `config`, and DISPATCH_NAME in the environment. */
  name: ConfigName;
  /** As commander reads it. */
  flag: string;
  description: string;
}

/** The schema of `config.context.rag`: who is asked beside the index of words. */
export const ragSchema = once(() =>
  z
    .strictObject({
      embeddings: z
        .strictObject({
          url: z
            .string()
            .regex(/^https?:\/\/\S+$/, "must be an address that begins with http:// or https://")
            .describe("base of an OpenAI-compatible endpoint, such as https://api.openai.com/v1"),
          model: z.string().min(1).describe("the model that is asked for embeddings"),
          api_key_env: z.string().min(1).optional().describe("the environment variable that holds the key"),
        })
        .describe("chunks are compared with a question by what they mean; what the index holds is sent there once"),
      mcp: z
        .strictObject({
          command: z.array(z.string().min(1)).min(1).describe("the server's program and its arguments; it speaks over stdio"),
          tool: z.string().min(1).describe("the tool that is called with each question"),
        })
        .describe("a server that speaks the Model Context Protocol"),
    })
    .partial()
    .meta({ id: "RagConfig" }),
);

/** The schema of `config.context`: what tasks are given to read. */
export const contextSchema = once(() =>
  z
    .strictObject({
      enabled: z
        .boolean()
        .describe(
          "true: also for tasks that name no requirements, as if they said `auto`; false: for none; default: for those that name some",
        ),
      strict: z.boolean().describe("a key that brings nothing is an error before anything runs"),
      max_tokens_per_task: z
        .number()
        .int()
        .min(1)
        .max(10_000_000)
        .describe("most that a task is given, in o200k tokens, keys and metadata included"),
      rag: ragSchema().describe("who is asked beside the index of words for `rag:` keys"),
    })
    .partial()
    .meta({ id: "ContextConfig" }),
);

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
      .record(z.string().regex(agent_name, "must be a name of small letters, digits, `_` and `-`"), z.lazy(agentConfigSchema))
      .describe("agents by name: further ones, or what stands behind a known name"),
    reuse: z.boolean().describe("take over what succeeded in an earlier run and has not changed since"),
    redact: z.boolean().describe("put names in the place of secrets; false keeps them as they are"),
    context: z.lazy(contextSchema).describe("what tasks are given to read"),
  })
  .partial()
  .meta({ id: "Config" });

/** See `config_schema`. */
export type ConfigInput = z.infer<typeof config_schema>;

/** A key of the configuration that holds one value; `context` holds several. */
export type ConfigName = Exclude<keyof ConfigInput, "context">;

/** See `contextSchema`. */
export type ContextInput = z.infer<ReturnType<typeof contextSchema>>;

/** See `ragSchema`. */
export type RagConfig = z.infer<ReturnType<typeof ragSchema>>;

/** The context settings in force. */
export interface ContextConfig extends ContextInput {
  strict: boolean;
  max_tokens_per_task: number;
}

/** The configuration in force; without a budget there is none. */
export type Config = { [Name in Exclude<ConfigName, "budget_usd">]-?: Exclude<ConfigInput[Name], undefined> } & {
  budget_usd?: number;
  context: ContextConfig;
};

/** What holds where nothing else is said. */
export const defaults: Readonly<Config> = {
  max_workers: 5,
  timeout_seconds: 300,
  trace_dir: "./traces",
  retries: 0,
  fail_fast: false,
  agents: {},
  reuse: false,
  redact: true,
  context: { strict: false, max_tokens_per_task: 5000 },
};

/** The one option table: the command line, the environment and the docs are made from it. */
export const options: readonly Option[] = [
  { name: "max_workers", flag: "-w, --max-workers <n>", description: "tasks that run at the same time" },
  { name: "timeout_seconds", flag: "--timeout <seconds>", description: "longest time of one attempt" },
  { name: "retries", flag: "--retries <n>", description: "attempts after the first, for tasks that fail" },
  { name: "fail_fast", flag: "--fail-fast", description: "stop everything at the first failure" },
  { name: "budget_usd", flag: "--budget-usd <dollars>", description: "the most that the run may spend" },
  { name: "reuse", flag: "--reuse", description: "take over what succeeded in an earlier run and has not changed since" },
  { name: "redact", flag: "--no-redact", description: "put names in the place of secrets" },
  { name: "trace_dir", flag: "--trace-dir <folder>", description: "where traces go" },
];

/** The environment variable of an option. */
export const variableOf = (name: ConfigName): string => `DISPATCH_${name.toUpperCase()}`;
