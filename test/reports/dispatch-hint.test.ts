import { expect, test } from "vitest";
import { createGraph } from "../../src/graph/index.ts";
import { dispatchHint } from "../../src/reports/index.ts";

function hintFor(edges: Record<string, string[]>): string | undefined {
  const made = createGraph(Object.entries(edges).map(([task_id, dependencies]) => ({ task_id, dependencies })));
  if ("cycles" in made) throw new Error("a cycle");
  return dispatchHint(made.graph);
}

test("one or two tasks get a hint", () => {
  expect(hintFor({ a: [] })).toMatch(/^With one task, /);
  expect(hintFor({ a: [], b: [] })).toMatch(/^With two tasks, /);
});

test("a chain gets a hint, whatever the order of its tasks", () => {
  expect(hintFor({ a: [], b: ["a"], c: ["b"] })).toMatch(/^Each of the 3 tasks depends on/);
  expect(hintFor({ c: ["a", "b"], b: ["a"], a: [] })).toMatch(/^Each of the 3 tasks depends on/);
  expect(hintFor({ a: [], b: ["a"] })).toMatch(/^Each of the 2 tasks depends on/);
});

test("other graphs get no hint", () => {
  expect(hintFor({ a: [], b: [], c: [] })).toBeUndefined();
  expect(hintFor({ a: [], b: ["a"], c: ["a"] })).toBeUndefined();
  expect(hintFor({})).toBeUndefined();
});
