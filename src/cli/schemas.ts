import * as z from "zod";
import { agentsOf } from "#catalog";
import { agent_name, config_schema, defaults } from "#config";
import { runResultSchema } from "#events";
import { task_file_schema } from "#tasks";

/** A JSON Schema, as data. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

const agents = agentsOf();

/** One thing that has a schema. */
export interface NamedSchema {
  /** What `dispatch schema` and the file in schemas/ call it. */
  name: string;
  description: string;
  make(): JsonSchema;
}

/** Every schema there is, made from the zod schemas that check the same things. */
export const schemas: readonly NamedSchema[] = [
  { name: "task-file", description: "what `dispatch run` reads", make: taskFileSchema },
  { name: "result", description: "what `dispatch run` prints", make: () => jsonSchema(runResultSchema(), "output") },
  { name: "config", description: "dispatch.config.json, and `config` in a task file", make: configSchema },
  ...agents.map((agent) => ({
    name: agent.name,
    description: `\`input_data\` of the agent ${agent.name}`,
    make: () => jsonSchema(agent.input, "input"),
  })),
];

/** A zod schema as JSON Schema 2020-12: as it is written (`input`, where keys with defaults may be left out) or read. */
export function jsonSchema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  return z.toJSONSchema(schema, { io, target: "draft-2020-12" });
}

function configSchema(): JsonSchema {
  return withDefaults(jsonSchema(config_schema, "input"));
}

/** The configuration's defaults stand in a table of their own, because a layer that says nothing must stay empty. */
function withDefaults(schema: JsonSchema): JsonSchema {
  const properties = (schema.$defs?.["Config"] ?? schema).properties ?? {};
  for (const [name, value] of Object.entries(defaults)) Object.assign(properties[name] ?? {}, { default: value });
  return schema;
}

/** The task file with the input of each agent beside its name, so that editors complete and check that too. */
function taskFileSchema(): JsonSchema {
  const schema = withDefaults(jsonSchema(task_file_schema, "input"));
  const inputs = agents.map(({ name, aliases, input }) => ({ names: [name, ...aliases], schema: jsonSchema(input, "input") }));
  const { Task } = schema.$defs ?? {};
  const agent = Task?.properties?.["agent"];
  if (Task === undefined || typeof agent !== "object") throw new Error("The task file's schema has no tasks.");
  // A configuration may bring more: the known ones are completed, and any that could be one is allowed.
  const known = agents.flatMap(({ name, aliases }) => [name, ...aliases]);
  agent.anyOf = [{ enum: [...known, "auto"] }, { pattern: agent_name.source }];
  Task.allOf = inputs.map(({ names, schema: { $ref, $defs, $schema, ...own } }) => {
    const input_data = $ref === undefined ? own : { $ref };
    const { required = [] } = own.required === undefined ? ($defs?.[$ref?.split("/").at(-1) ?? ""] ?? {}) : own;
    return {
      if: { properties: { agent: names.length === 1 ? { const: names[0] ?? "" } : { enum: names } } },
      // biome-ignore lint/suspicious/noThenProperty: the word is JSON Schema's
      then: { properties: { input_data }, ...(required.length > 0 ? { required: ["input_data"] } : {}) },
    };
  });
  return { ...schema, $defs: Object.assign({}, schema.$defs, ...inputs.map((input) => input.schema.$defs ?? {})) };
}
