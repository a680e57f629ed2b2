import * as z from "zod";
import { agent_name, agentConfigSchema } from "./agent.ts";
import { once } from "./once.ts";

/** A row of the option table: where a value can be set, and its description. */
export interface Option {
  /** Wire name: the key in `config`, and DISPATCH_NAME in the environment. */
  name: ConfigName;
  /** In commander's syntax. */
  flag: string;
  description: string;
}

/** Schema of `config.context.rag`: sources that `rag:` keys query in addition to the word index. */
export const ragSchema = once(() =>
  z
    .strictObject({
      embeddings: z
        .strictObject({
          url: z
            .string()
            .regex(/^https?:\/\/\S+$/, "must be a URL that begins with http:// or https://")
            .describe("base URL of an OpenAI-compatible endpoint, such as https://api.openai.com/v1"),
          model: z.string().min(1).describe("embedding model"),
          api_key_env: z.string().min(1).optional().describe("environment variable that holds the key"),
        })
        .describe("endpoint that ranks chunks by meaning; each chunk of the index is sent to it once"),
      mcp: z
        .strictObject({
          command: z.array(z.string().min(1)).min(1).describe("server program and its arguments; it must use stdio"),
          tool: z.string().min(1).describe("tool to call with each query"),
        })
        .describe("Model Context Protocol server to query"),
    })
    .partial()
    .meta({ id: "RagConfig" }),
);

/** Schema of `config.context`: the context that tasks are given. */
export const contextSchema = once(() =>
  z
    .strictObject({
      enabled: z
        .boolean()
        .describe(
          "true: every task, with `auto` if it names no requirements; false: no task; default: tasks with requirements",
        ),
      strict: z.boolean().describe("refuse to start if a context key finds nothing"),
      max_tokens_per_task: z
        .number()
        .int()
        .min(1)
        .max(10_000_000)
        .describe("maximum context of a task in o200k tokens, keys and metadata included"),
      rag: ragSchema().describe("sources that `rag:` keys query in addition to the word index"),
    })
    .partial()
    .meta({ id: "ContextConfig" }),
);

/** Schema of `config` in a task file and of dispatch.config.json. Every key is optional. */
export const config_schema = z
  .strictObject({
    max_workers: z.number().int().min(1).max(1024).describe("maximum number of tasks that run at once"),
    timeout_seconds: z
      .number()
      .positive()
      // setTimeout takes at most 31 bits of milliseconds.
      .max(2_147_483)
      .describe("timeout of one attempt"),
    trace_dir: z
      .string()
      .min(1)
      .refine((path) => !path.includes("\0"), "must not contain a NUL character")
      .describe("folder for traces; relative to the working directory"),
    retries: z.number().int().min(0).max(100).describe("extra attempts for a failing task"),
    fail_fast: z.boolean().describe("stop the run at the first failure"),
    budget_usd: z.number().positive().describe("maximum cost of the run in US dollars"),
    agents: z
      .record(
        z.string().regex(agent_name, "must be a lowercase letter followed by lowercase letters, digits, `_` or `-`"),
        z.lazy(agentConfigSchema),
      )
      .describe("add agents or override built-in ones"),
    reuse: z.boolean().describe("skip tasks that succeeded before and whose inputs are unchanged"),
    redact: z.boolean().describe("mask secrets"),
    context: z.lazy(contextSchema).describe("context that tasks are given"),
  })
  .partial()
  .meta({ id: "Config" });

/** See `config_schema`. */
export type ConfigInput = z.infer<typeof config_schema>;

/** A configuration key other than `context`, which is merged value by value. */
export type ConfigName = Exclude<keyof ConfigInput, "context">;

/** See `contextSchema`. */
export type ContextInput = z.infer<ReturnType<typeof contextSchema>>;

/** See `ragSchema`. */
export type RagConfig = z.infer<ReturnType<typeof ragSchema>>;

/** The context settings of a run, after all layers are merged. */
export interface ContextConfig extends ContextInput {
  strict: boolean;
  max_tokens_per_task: number;
}

/** The configuration of a run, after all layers are merged. Without `budget_usd` the run has no budget. */
export type Config = { [Name in Exclude<ConfigName, "budget_usd">]-?: Exclude<ConfigInput[Name], undefined> } & {
  budget_usd?: number;
  context: ContextConfig;
};

/** Values of options that no layer sets. */
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

/** The option table: the command line, the environment and the docs are generated from it. */
export const options: readonly Option[] = [
  { name: "max_workers", flag: "-w, --max-workers <n>", description: "maximum number of tasks that run at once" },
  { name: "timeout_seconds", flag: "--timeout <seconds>", description: "timeout of one attempt" },
  { name: "retries", flag: "--retries <n>", description: "extra attempts for a failing task" },
  { name: "fail_fast", flag: "--fail-fast", description: "stop the run at the first failure" },
  { name: "budget_usd", flag: "--budget-usd <dollars>", description: "maximum cost of the run in US dollars" },
  { name: "reuse", flag: "--reuse", description: "skip tasks that succeeded before and whose inputs are unchanged" },
  { name: "redact", flag: "--no-redact", description: "mask secrets" },
  { name: "trace_dir", flag: "--trace-dir <folder>", description: "folder for traces" },
];

/** Returns the environment variable of an option. */
export const variableOf = (name: ConfigName): string => `DISPATCH_${name.toUpperCase()}`;
