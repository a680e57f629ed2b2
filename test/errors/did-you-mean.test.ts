import { expect, test } from "vitest";
import { nearest, suggest } from "../../src/errors/index.ts";

const keys = ["task_id", "agent", "description", "input_data", "dependencies", "timeout_seconds", "output_schema"];

test.each([
  ["dependecies", "dependencies"],
  ["depends_on", "dependencies"],
  ["Agent", "agent"],
  ["timeout", "timeout_seconds"],
  ["id", "task_id"],
  ["taskid", "task_id"],
  ["input", "input_data"],
  ["context_requirements", undefined],
  ["x", undefined],
])("the most similar name to %s is %s", (written, known) => {
  expect(nearest(written, keys)).toBe(known);
});

test("does not suggest one single letter for another", () => {
  expect(nearest("a", ["b", "c"])).toBeUndefined();
});

test("lists up to twenty known names if none is similar", () => {
  expect(suggest("zzzzzz", ["alpha", "beta"])).toBe("Known: alpha, beta.");
  expect(
    suggest(
      "zzzzzz",
      Array.from({ length: 30 }, (_, i) => `name${i}`),
    ),
  ).toContain("name19, ….");
  expect(suggest("zzzzzz", [])).toBe("Remove it.");
});
