import * as z from "zod";
import { agentsOf } from "#catalog";
import { agent_name, config_schema, defaults } from "#config";
import { runResultSchema } from "#events";
import { task_file_schema } from "#tasks";

/** A JSON Schema as an object. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

const agents = agentsOf();

/** A schema of dispatch. */
export interface NamedSchema {
  /** The name for `dispatch schema`, and of the file in schemas/. */
  name: string;
  description: string;
  make(): JsonSchema;
}

/** All schemas, made from the zod schemas that check the same data. */
export const schemas: readonly NamedSchema[] = [
  { name: "task-file", description: "the input of `dispatch run`", make: taskFileSchema },
  { name: "result", description: "the output of `dispatch run`", make: () => jsonSchema(runResultSchema(), "output") },
  { name: "config", description: "dispatch.config.json, and `config` in a task file", make: configSchema },
  ...agents.map((agent) => ({
    name: agent.name,
    description: `\`input_data\` of the agent ${agent.name}`,
    make: () => jsonSchema(agent.input, "input"),
  })),
];

/** Converts a zod schema to JSON Schema 2020-12. In an `input` schema, keys with defaults are optional. */
export function jsonSchema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  return z.toJSONSchema(schema, { io, target: "draft-2020-12" });
}

function configSchema(): JsonSchema {
  return withDefaults(jsonSchema(config_schema, "input"));
}

/** Adds the configuration's defaults. They are not in the zod schema: a source that does not set a key must leave it unset. */
function withDefaults(schema: JsonSchema): JsonSchema {
  const properties = (schema.$defs?.["Config"] ?? schema).properties ?? {};
  for (const [name, value] of Object.entries(defaults)) Object.assign(properties[name] ?? {}, { default: value });
  return schema;
}

/** Builds the task file's schema with the input schema of each agent, so that editors can complete and check it. */
function taskFileSchema(): JsonSchema {
  const schema = withDefaults(jsonSchema(task_file_schema, "input"));
  const inputs = agents.map(({ name, aliases, input }) => ({ names: [name, ...aliases], schema: jsonSchema(input, "input") }));
  const { Task } = schema.$defs ?? {};
  const agent = Task?.properties?.["agent"];
  if (Task === undefined || typeof agent !== "object") throw new Error("The task file's schema has no tasks.");
  // A configuration may add agents: editors complete the built-in names, but any valid name is allowed.
  const known = agents.flatMap(({ name, aliases }) => [name, ...aliases]);
  agent.anyOf = [{ enum: [...known, "auto"] }, { pattern: agent_name.source }];
  Task.allOf = inputs.map(({ names, schema: { $ref, $defs, $schema, ...own } }) => {
    const input_data = $ref === undefined ? own : { $ref };
    const { required = [] } = own.required === undefined ? ($defs?.[$ref?.split("/").at(-1) ?? ""] ?? {}) : own;
    return {
      if: { properties: { agent: names.length === 1 ? { const: names[0] ?? "" } : { enum: names } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { input_data }, ...(required.length > 0 ? { required: ["input_data"] } : {}) },
    };
  });
  return { ...schema, $defs: Object.assign({}, schema.$defs, ...inputs.map((input) => input.schema.$defs ?? {})) };
}
