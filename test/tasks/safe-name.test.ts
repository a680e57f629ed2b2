import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeName } from "../../src/tasks/index.ts";
import { task_id_pattern } from "../../src/tasks/schema.ts";

const letters = "abXYZ019._-:#";
const task_id = fc
  .string({ unit: fc.constantFrom(...letters), maxLength: 60 })
  .chain((name) => fc.constantFrom(`a${name}`, `@s/a${name}`, `B${name}`, `a${name}.lock`))
  .filter((id) => task_id_pattern.test(id));

describe("the safe name of a task id", () => {
  test.each([
    ["lint", "lint"],
    ["unit-tests_2", "unit-tests_2"],
    ["v1.2", "v1.2"],
    ["Build", "+build"],
    ["build:js", "build%3ajs"],
    ["@scope/pkg", "%40scope%2fpkg"],
    ["a..b", "a%2e.b"],
    ["x.lock", "x%2elock"],
    ["a.", "a%2e"],
  ])("%s is %s", (id, name) => {
    expect(safeName(id)).toBe(name);
  });

  test("differs for different ids, also on a case-insensitive disk", () => {
    fc.assert(
      fc.property(fc.uniqueArray(task_id, { minLength: 2, maxLength: 20 }), (ids) => {
        const names = ids.map((id) => safeName(id).toLowerCase());
        expect(new Set(names).size).toBe(ids.length);
      }),
    );
  });

  test("is a file name and a component of a git ref", () => {
    const ids: string[] = [...fc.sample(task_id, 50), "a".repeat(128), "A".repeat(128), `@${"s".repeat(60)}/${"B".repeat(60)}`];
    for (const id of ids) {
      const name = safeName(id);
      expect(name, id).toMatch(/^[^/\0]{1,220}$/);
      execFileSync("git", ["check-ref-format", `refs/dispatch/run/tasks/${name}/1`]);
    }
  });
});
