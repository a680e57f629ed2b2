import fc from "fast-check";
import { expect, test } from "vitest";
import { createGraph, dependsOn, type Graph, withDependencies } from "../../src/graph/index.ts";
import { count } from "../support/effort.ts";

function graphOf(edges: readonly (readonly number[])[]): Graph {
  const made = createGraph(edges.map((to, i) => ({ task_id: `t${i}`, dependencies: to.map((one) => `t${one}`) })));
  if (!("graph" in made)) throw new Error("It has cycles");
  return made.graph;
}

test("the answer for each pair equals that of a graph walk", () => {
  const dag = fc.array(fc.array(fc.nat(1000), { maxLength: 3 }), { minLength: 1, maxLength: 150 });
  fc.assert(
    fc.property(dag, fc.array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 80 }), (lists, wanted) => {
      const graph = graphOf(lists.map((list, i) => [...new Set(i === 0 ? [] : list.map((to) => to % i))]));
      const pairs = wanted.map(([from, to]) => [from % lists.length, to % lists.length] as const);
      const walked = pairs.map(([from, to]) => from !== to && withDependencies(graph, [from]).has(to));
      expect(dependsOn(graph, pairs)).toEqual(walked);
    }),
    { numRuns: count(2000) },
  );
});

test("distant pairs in a long chain are resolved, even more than fit one pass", () => {
  const graph = graphOf(Array.from({ length: 1000 }, (_, i) => (i === 0 ? [] : [i - 1])));
  const pairs = Array.from({ length: 100 }, (_, i) => [999 - i, i] as const);
  expect(dependsOn(graph, pairs)).toEqual(pairs.map(() => true));
  expect(
    dependsOn(
      graph,
      pairs.map(([from, to]) => [to, from] as const),
    ),
  ).toEqual(pairs.map(() => false));
});
