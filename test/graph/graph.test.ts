import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  chainLengths,
  createGraph,
  criticalPath,
  type Graph,
  type GraphNode,
  levels,
  withDependencies,
  withDependents,
} from "../../src/graph/index.ts";
import { count } from "../support/effort.ts";

const node = (task_id: string, ...dependencies: string[]): GraphNode => ({ task_id, dependencies });

function graphOf(nodes: readonly GraphNode[]): Graph {
  const made = createGraph(nodes);
  if (!("graph" in made)) throw new Error(`It has cycles: ${JSON.stringify(made.cycles)}`);
  return made.graph;
}

function cyclesOf(nodes: readonly GraphNode[]): string[][] {
  const made = createGraph(nodes);
  return "cycles" in made ? made.cycles : [];
}

/** Any graph of up to 12 nodes, including cycles and self-edges. */
const any_nodes = fc
  .integer({ min: 1, max: 12 })
  .chain((count) =>
    fc
      .array(fc.uniqueArray(fc.nat(count - 1), { maxLength: 4 }), { minLength: count, maxLength: count })
      .map((lists) => lists.map((list, i) => node(`t${i}`, ...list.map((to) => `t${to}`)))),
  );

/** An acyclic graph in an order independent of its edges. */
const dag_nodes = fc
  .integer({ min: 1, max: 14 })
  .chain((count) =>
    fc.tuple(
      fc.array(fc.uniqueArray(fc.nat(1000), { maxLength: 4 }), { minLength: count, maxLength: count }),
      fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
    ),
  )
  .map(([lists, order]) =>
    order.map((i) => node(`t${i}`, ...(i === 0 ? [] : [...new Set((lists[i] ?? []).map((to) => `t${to % i}`))]))),
  );

/** By definition: every node reachable in one step or more. */
function reachable(nodes: readonly GraphNode[], from: string): Set<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    for (const next of nodes.find((one) => one.task_id === id)?.dependencies ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(from);
  return found;
}

describe("cycles", () => {
  test("reports a cycle as its path, from its first task in the file back to it", () => {
    expect(cyclesOf([node("a", "b"), node("b", "c"), node("c", "a"), node("d", "a")])).toEqual([["a", "b", "c", "a"]]);
  });

  test("a task that depends on itself is a separate cycle", () => {
    expect(cyclesOf([node("a", "a")])).toEqual([["a", "a"]]);
    expect(cyclesOf([node("a", "b", "a"), node("b", "a")])).toEqual([
      ["a", "a"],
      ["a", "b", "a"],
    ]);
  });

  test("reports every independent cycle, even if one depends on another", () => {
    expect(cyclesOf([node("a", "b"), node("b", "a"), node("c", "a", "d"), node("d", "c")])).toEqual([
      ["a", "b", "a"],
      ["c", "d", "c"],
    ]);
  });

  test("finds a cycle exactly if a task is reachable from itself, and every reported path is a cycle", () => {
    fc.assert(
      fc.property(any_nodes, (nodes) => {
        const cycles = cyclesOf(nodes);
        const looped = nodes.filter(({ task_id }) => reachable(nodes, task_id).has(task_id));
        expect(cycles.length > 0).toBe(looped.length > 0);
        for (const cycle of cycles) {
          expect(cycle.length).toBeGreaterThan(1);
          expect(cycle.at(-1)).toBe(cycle[0]);
          expect(new Set(cycle).size).toBe(cycle.length - 1);
          for (const [i, from] of cycle.slice(0, -1).entries())
            expect(nodes.find((one) => one.task_id === from)?.dependencies).toContain(cycle[i + 1]);
        }
        // One for each component: every task on a cycle shares its component with a reported cycle.
        const starts = cycles.map((cycle) => cycle[0] ?? "");
        for (const { task_id } of looped) {
          const group = reachable(nodes, task_id);
          expect(starts.some((start) => group.has(start) && reachable(nodes, start).has(task_id))).toBe(true);
        }
      }),
      { numRuns: count(5000) },
    );
  });

  test("a cycle through 200,000 tasks does not overflow the stack", () => {
    const count = 200_000;
    const nodes = Array.from({ length: count }, (_, i) => node(`t${i}`, `t${(i + 1) % count}`));
    expect(cyclesOf(nodes).map((cycle) => cycle.length)).toEqual([count + 1]);
  });

  test("throws for an unknown dependency, which the caller must rule out", () => {
    expect(() => createGraph([node("a", "x")])).toThrow("Task a depends on unknown task x");
  });
});

describe("order, levels and chains", () => {
  test("edges lead both ways, the order respects them, and a level is the longest path from a start", () => {
    fc.assert(
      fc.property(dag_nodes, (nodes) => {
        const graph = graphOf(nodes);
        const place = new Map(graph.order.map((i, at) => [i, at]));
        expect([...place.keys()].sort((a, b) => a - b)).toEqual(nodes.map((_, i) => i));
        const levelOf = (i: number): number =>
          Math.max(0, ...(graph.dependencies[i] ?? []).map((dependency) => levelOf(dependency) + 1));
        nodes.forEach(({ dependencies }, i) => {
          expect(graph.dependencies[i]?.map((to) => graph.task_ids[to])).toEqual(dependencies);
          for (const to of graph.dependencies[i] ?? []) {
            expect(graph.dependents[to]).toContain(i);
            expect(place.get(to)).toBeLessThan(place.get(i) ?? -1);
          }
          expect(graph.level[i]).toBe(levelOf(i));
        });
        const edges = (lists: Graph["dependents"]): number => lists.reduce((sum, list) => sum + list.length, 0);
        expect(edges(graph.dependents)).toBe(edges(graph.dependencies));
        expect(
          levels(graph)
            .flat()
            .sort((a, b) => a - b),
        ).toEqual(nodes.map((_, i) => i));
        levels(graph).forEach((row, level) => {
          expect(row.map((i) => graph.level[i])).toEqual(row.map(() => level));
          expect(row).toEqual([...row].sort((a, b) => a - b));
        });
      }),
      { numRuns: count(3000) },
    );
  });

  test("tasks without dependencies keep the order of the file", () => {
    expect(graphOf([node("c"), node("a"), node("b")]).order).toEqual([0, 1, 2]);
  });

  test("a chain is the heaviest path to an end, and the critical path the heaviest of all", () => {
    fc.assert(
      fc.property(dag_nodes, fc.infiniteStream(fc.integer({ min: 1, max: 50 })), (nodes, weights) => {
        const graph = graphOf(nodes);
        const weight = [...weights.take(nodes.length)];
        const longest = (i: number): number =>
          (weight[i] ?? 0) + Math.max(0, ...(graph.dependents[i] ?? []).map((next) => longest(next)));
        const chain = chainLengths(graph, (i) => weight[i] ?? 0);
        expect(chain).toEqual(nodes.map((_, i) => longest(i)));
        const path = criticalPath(graph, chain);
        expect(path.reduce((sum, i) => sum + (weight[i] ?? 0), 0)).toBe(Math.max(...chain));
        for (const [at, i] of path.slice(1).entries()) expect(graph.dependencies[i]).toContain(path[at]);
      }),
      { numRuns: count(3000) },
    );
  });

  test("finds direct and indirect dependencies and dependents", () => {
    fc.assert(
      fc.property(dag_nodes, (nodes) => {
        const graph = graphOf(nodes);
        for (const [i, { task_id }] of nodes.entries()) {
          const needs = [...withDependencies(graph, [i])].map((to) => graph.task_ids[to]);
          expect(new Set(needs)).toEqual(new Set([task_id, ...reachable(nodes, task_id)]));
          for (const other of withDependents(graph, [i])) expect(withDependencies(graph, [other]).has(i)).toBe(true);
          expect(withDependents(graph, [i]).size).toBe(
            nodes.filter((one) => one.task_id === task_id || reachable(nodes, one.task_id).has(task_id)).length,
          );
        }
      }),
    );
  });

  test("100,000 tasks, all on one dependency or in one chain, do not overflow the stack", () => {
    const wide = graphOf([node("root"), ...Array.from({ length: 100_000 }, (_, i) => node(`t${i}`, "root"))]);
    expect(Math.max(...chainLengths(wide, () => 1).slice(0, 1))).toBe(2);
    expect(
      criticalPath(
        wide,
        chainLengths(wide, () => 1),
      ),
    ).toEqual([0, 1]);
    const long = graphOf(Array.from({ length: 100_000 }, (_, i) => node(`t${i}`, ...(i === 0 ? [] : [`t${i - 1}`]))));
    expect(long.level.at(-1)).toBe(99_999);
    expect(chainLengths(long, () => 1)[0]).toBe(100_000);
    expect(withDependents(long, [0]).size).toBe(100_000);
  });
});
