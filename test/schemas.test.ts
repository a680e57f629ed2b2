import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { schemas } from "../src/cli/schemas.ts";
import { root } from "./support/rig.ts";

const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), "utf8"));

const compile = (name: string): ValidateFunction => {
  const schema = schemas.find((one) => one.name === name)?.make();
  if (schema === undefined) throw new Error(`There is no schema ${name}.`);
  return new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }).compile(schema);
};

const errorsOf = (check: ValidateFunction, value: unknown): string[] =>
  check(value) ? [] : (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

test("schemas/ matches the zod schemas; `npm run schemas` updates it", () => {
  expect(readdirSync(join(root, "schemas")).sort()).toEqual(schemas.map(({ name }) => `${name}.json`).sort());
  for (const { name, make } of schemas) expect(read(`schemas/${name}.json`), name).toEqual(make());
});

test("every schema is a valid schema of draft 2020-12", () => {
  for (const { name, make } of schemas) {
    expect(make().$schema, name).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(() => compile(name), name).not.toThrow();
  }
});

describe("the schema of the task file", () => {
  const check = compile("task-file");
  const task = { task_id: "a", agent: "command", input_data: { command: "true" } };

  test.each(readdirSync(join(root, "examples")).filter((name) => name.endsWith(".json")))(
    "accepts examples/%s, which refers to it",
    (name) => {
      const file = read(`examples/${name}`) as { $schema?: string };
      expect(file.$schema).toBe("../schemas/task-file.json");
      expect(errorsOf(check, file)).toEqual([]);
    },
  );

  test.each([
    ["an unknown key", { tasks: [{ ...task, depends_on: [] }] }, "/tasks/0 must NOT have additional properties"],
    [
      "an invalid agent name",
      { tasks: [{ ...task, agent: "A command" }] },
      "/tasks/0/agent must be equal to one of the allowed values",
    ],
    [
      "an agent without its input",
      { tasks: [{ task_id: "a", agent: "command" }] },
      "/tasks/0 must have required property 'input_data'",
    ],
    [
      "input that does not match the agent's schema",
      { tasks: [{ ...task, input_data: {} }] },
      "/tasks/0/input_data must have required property 'command'",
    ],
    ["no tasks", { tasks: [] }, "/tasks must NOT have fewer than 1 items"],
    ["a value out of bounds", { tasks: [task], config: { max_workers: 0 } }, "/config/max_workers must be >= 1"],
  ])("rejects %s", (_, file, problem) => {
    expect(errorsOf(check, file)).toContain(problem);
  });

  test("has a description and the default of each key, for editors", () => {
    const { $defs = {} } = schemas.find(({ name }) => name === "task-file")?.make() ?? {};
    for (const [name, about] of Object.entries({
      ...$defs["TaskFile"]?.properties,
      ...$defs["Task"]?.properties,
      ...$defs["Config"]?.properties,
    })) {
      expect(typeof about === "object" && about.description, name).toBeTruthy();
    }
    expect($defs["Config"]?.properties?.["max_workers"]).toMatchObject({ default: 5, minimum: 1, maximum: 1024 });
    expect($defs["Task"]?.properties?.["priority"]).toMatchObject({ default: "medium" });
  });
});
