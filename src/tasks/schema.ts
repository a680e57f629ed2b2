import * as z from "zod";
import { config_schema } from "#config";

/** From the most urgent on. */
export const priorities = ["critical", "high", "medium", "low"] as const;

/** One of `priorities`. */
export type Priority = (typeof priorities)[number];

const plain_object = z.record(z.string(), z.unknown());
const no_nul = (value: string): boolean => !value.includes("\0");
const text = z.string().refine(no_nul, "must not hold a NUL character");

/** A script for /bin/sh, or a program with its arguments that runs without a shell. */
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
  .meta({ id: "Command" });

/** Variables added to a child's environment; those that dispatch itself sets there cannot be set by a task. */
export const env_schema = z
  .record(
    z
      .string()
      .regex(/^[^=\0]+$/, "has a name that is empty or holds `=`")
      .regex(
        /^(?!DISPATCH_(?:V\d+|RUN_ID|TASK_ID|ATTEMPT|INPUT_FILE|OUTPUT_FILE|CONTEXT_FILE|TOKEN)$)/,
        "is set by dispatch itself",
      ),
    text,
  )
  .meta({ id: "Environment" });

/** What an id is made of; it becomes the name of files. */
export const task_id_pattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

const task_id = z.string().max(128).regex(task_id_pattern, {
  error: "must start with a letter or digit and go on with letters, digits, `.`, `_` and `-`",
});

/** A task as the file has it. */
export const task_schema = z
  .strictObject({
    task_id: task_id.describe("unique in the file"),
    agent: z.string().min(1).describe("a name from `dispatch agents`"),
    description: z.string().default("").describe("for people, and part of an agent's prompt"),
    input_data: plain_object.default(() => ({})).describe("checked against the agent's own input schema"),
    context_requirements: z
      .array(text)
      .optional()
      .describe("what it is given to read: `file:PATH`, `pattern:NAME`, `structure:FOLDER`, `rag:QUERY`, or `auto`"),
    dependencies: z
      .array(z.string())
      .default(() => [])
      .describe("task ids that must succeed first; each once"),
    priority: z.enum(priorities).default("medium").describe("which goes first of tasks that are ready"),
    timeout_seconds: config_schema.shape.timeout_seconds.describe("longest time of one attempt; default: the config's"),
    retries: config_schema.shape.retries.describe("attempts after the first; default: the config's"),
    budget_usd: config_schema.shape.budget_usd.describe("the most that this task may spend, all attempts together"),
    verify: z
      .array(command_schema)
      .default(() => [])
      .describe("commands that must exit 0 after the agent says it is done"),
    output_schema: z
      .union([plain_object, z.boolean()], { error: "must be a JSON Schema: an object, true or false" })
      .optional()
      .describe("JSON Schema that the output must fit"),
    run_when: z
      .enum(["all_succeeded", "all_finished"])
      .default("all_succeeded")
      .describe("whether a failed dependency keeps the task from running"),
    cwd: text.min(1).optional().describe("the task's folder; relative to the workspace"),
    env: env_schema.default(() => ({})).describe("added to the environment"),
    metadata: plain_object.optional().describe("kept, never read"),
  })
  .meta({ id: "Task" });

/** The whole task file. */
export const task_file_schema = z
  .strictObject({
    $schema: z.string().optional().describe("for editors"),
    user_prompt: z.string().optional().describe("the request behind the tasks"),
    workspace_path: text
      .min(1)
      .optional()
      .describe("the folder that context is gathered from and agents run in; default: the working directory"),
    rag_queries: z.array(text.min(1)).optional().describe("queries whose results join what is gathered"),
    correlation_id: z
      .string()
      .min(1)
      .max(256)
      .optional()
      .describe("the caller's own id for this dispatch; default: the run id"),
    vars: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a name: letters, digits and `_`"), z.string())
      .default(() => ({}))
      .describe("values for `${NAME}` in any string"),
    tasks: z.array(task_schema).min(1).describe("what to run; the order is that of the dependencies"),
    config: config_schema.default(() => ({})).describe("how to run it; flags and the environment win over it"),
  })
  .meta({ id: "TaskFile", title: "dispatch task file" });

/** See `task_schema`. */
export type TaskInput = z.infer<typeof task_schema>;

/** See `command_schema`. */
export type CommandLine = z.infer<typeof command_schema>;
