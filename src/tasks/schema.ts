import * as z from "zod";
import { config_schema } from "#config";

/** Priorities, most urgent first. */
export const priorities = ["critical", "high", "medium", "low"] as const;

/** One of `priorities`. */
export type Priority = (typeof priorities)[number];

const plain_object = z.record(z.string(), z.unknown());
const no_nul = (value: string): boolean => !value.includes("\0");
const text = z.string().refine(no_nul, "must not contain a NUL character");

/** A script for /bin/sh, or a program with its arguments, started without a shell. */
export const command_schema = z
  .union(
    [
      text.min(1),
      z
        .array(text)
        .min(1)
        .refine(([program]) => program !== "", "must name a program"),
    ],
    {
      error: "must be a script (a string) or a program with its arguments (an array of strings), and not empty",
    },
  )
  .meta({
    id: "Command",
    description: "a script for /bin/sh (a string), or a program with its arguments, started without a shell (an array)",
  });

/** Variables added to a child's environment. A task cannot set those that dispatch sets. */
export const env_schema = z
  .record(
    z
      .string()
      .regex(/^[^=\0]+$/, "has a name that is empty or contains `=`")
      .regex(
        /^(?!DISPATCH_(?:V\d+|RUN_ID|TASK_ID|ATTEMPT|INPUT_FILE|OUTPUT_FILE|CONTEXT_FILE|TOKEN)$)/,
        "is reserved: dispatch sets it",
      ),
    text,
  )
  .meta({ id: "Environment" });

/** The form of a task id: `build:js`, `@scope/package`. Files and git refs use `safeName`. */
export const task_id_pattern = /^(?:@[A-Za-z0-9][A-Za-z0-9._-]*\/)?[A-Za-z0-9][A-Za-z0-9._:#-]*$/;

const task_id = z.string().max(128).regex(task_id_pattern, {
  error: "must start with a letter or digit, followed by letters, digits and `._-:#`; only `@scope/name` may have a slash",
});

/** A task, as in the file. */
export const task_schema = z
  .strictObject({
    task_id: task_id.describe(
      "unique name of the task: a letter or digit, then letters, digits and `._-:#`; `@scope/name` is fine too",
    ),
    agent: z.string().min(1).describe("a name that `dispatch agents` lists, or `auto` to choose by the description"),
    description: z.string().default("").describe("what the task is about; part of an agent's prompt"),
    input_data: plain_object
      .default(() => ({}))
      .describe("input of the agent, checked against its schema; `dispatch agents NAME` lists the keys"),
    context_requirements: z
      .array(text)
      .optional()
      .describe("what the task gets to read: `file:PATH`, `pattern:NAME`, `structure:FOLDER`, `rag:QUERY` or `auto`"),
    dependencies: z
      .array(z.string())
      .default(() => [])
      .describe("ids of the tasks that must succeed first, each listed once"),
    priority: z.enum(priorities).default("medium").describe("ready tasks with a higher priority start first"),
    timeout_seconds: config_schema.shape.timeout_seconds.describe(
      "time limit of one attempt, in seconds; overrides the config",
    ),
    retries: config_schema.shape.retries.describe("extra attempts if the task fails; overrides the config"),
    budget_usd: config_schema.shape.budget_usd.describe("maximum cost of all attempts of this task, in US dollars"),
    verify: z
      .array(command_schema)
      .default(() => [])
      .describe("commands that must exit 0 after the agent has finished; otherwise the attempt fails"),
    output_schema: z
      .union([plain_object, z.boolean()], { error: "must be a JSON Schema: an object, true or false" })
      .optional()
      .describe("JSON Schema that the output must match"),
    run_when: z
      .enum(["all_succeeded", "all_finished"])
      .default("all_succeeded")
      .describe("`all_succeeded` skips the task if a dependency fails; `all_finished` runs it anyway"),
    cwd: text.min(1).optional().describe("working directory of the task, relative to the workspace"),
    env: env_schema.default(() => ({})).describe("extra environment variables"),
    metadata: plain_object.optional().describe("your own data; dispatch keeps it and ignores it"),
  })
  .meta({ id: "Task" });

/** The whole task file. */
export const task_file_schema = z
  .strictObject({
    $schema: z.string().optional().describe("address of this schema, for editors"),
    user_prompt: z.string().optional().describe("the request that the tasks answer; shown in reports"),
    workspace_path: text
      .min(1)
      .optional()
      .describe("folder that tasks run in and context comes from; default: the working directory"),
    rag_queries: z.array(text.min(1)).optional().describe("extra `rag:` queries for tasks whose requirements include `auto`"),
    correlation_id: z.string().min(1).max(256).optional().describe("your own id for this run; default: the run id"),
    vars: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a name: letters, digits and `_`"), z.string())
      .default(() => ({}))
      .describe("values for `${NAME}` in the file's strings; `--var` overrides them, they override the environment"),
    tasks: z.array(task_schema).min(1).describe("the tasks to run; dependencies decide the order"),
    config: config_schema.default(() => ({})).describe("options of the run; the environment and flags override them"),
  })
  .meta({ id: "TaskFile", title: "dispatch task file" });

/** See `task_schema`. */
export type TaskInput = z.infer<typeof task_schema>;

/** See `command_schema`. */
export type CommandLine = z.infer<typeof command_schema>;
