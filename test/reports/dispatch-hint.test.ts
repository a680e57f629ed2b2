import { expect, test } from "vitest";
import { createGraph } from "../../src/graph/index.ts";
import { dispatchHint } from "../../src/reports/index.ts";

function hintFor(edges: Record<string, string[]>): string | undefined {
  const made = createGraph(Object.entries(edges).map(([task_id, dependencies]) => ({ task_id, dependencies })));
  if ("cycles" in made) throw new Error("a cycle");
  return dispatchHint(made.graph);
}

test("one task and two tasks are too few to be worth dispatching", () => {
  expect(hintFor({ a: [] })).toMatch(/^One task /);
  expect(hintFor({ a: [], b: [] })).toMatch(/^Two tasks /);
});

test("a chain runs nothing in parallel, however it is written", () => {
  expect(hintFor({ a: [], b: ["a"], c: ["b"] })).toMatch(/^Each of the 3 tasks waits/);
  expect(hintFor({ c: ["a", "b"], b: ["a"], a: [] })).toMatch(/^Each of the 3 tasks waits/);
  expect(hintFor({ a: [], b: ["a"] })).toMatch(/^Each of the 2 tasks waits/);
});

test("anything else is worth it", () => {
  expect(hintFor({ a: [], b: [], c: [] })).toBeUndefined();
  expect(hintFor({ a: [], b: ["a"], c: ["a"] })).toBeUndefined();
  expect(hintFor({})).toBeUndefined();
});
