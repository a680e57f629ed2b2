import fc from "fast-check";
import { expect, test } from "vitest";
import { createGraph, type Graph } from "../../../src/graph/index.ts";
import { type ColumnRow, layOutColumns, side } from "../../../src/reports/graph/columns.ts";
import { readingOrder, reducedDependencies } from "../../../src/reports/graph/shape.ts";
import { count } from "../../support/effort.ts";

/** Any graph without cycles: a task depends only on earlier tasks. */
const anyGraph = fc
  .integer({ min: 1, max: 24 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, i) =>
        fc.uniqueArray(fc.integer({ min: 0, max: Math.max(0, i - 1) }), { maxLength: 4 }),
      ),
    ),
  )
  .map((lists) => {
    const made = createGraph(
      lists.map((list, i) => ({ task_id: `t${i}`, dependencies: (i === 0 ? [] : list).map((to) => `t${to}`) })),
    );
    if ("cycles" in made) throw new Error("no cycle is possible here");
    return made.graph;
  });

const drawn = (graph: Graph, columns: { max: number; wide: number }) => {
  const dependencies = reducedDependencies(graph);
  const order = readingOrder([...graph.task_ids.keys()], dependencies, graph.level);
  return { dependencies, order, ...layOutColumns(order, dependencies, columns) };
};

const sorted = (list: Iterable<number>): number[] => [...list].sort((a, b) => a - b);

/**
 * Reads a drawing as a person does, by its lines alone; `carries` has the tasks whose line runs down each column. A person
 * knows roots by their mark, so `roots` is an argument.
 */
function readBack(rows: readonly ColumnRow[], roots: ReadonlySet<number>): Map<number, number[]> {
  const found = new Map<number, number[]>();
  let carries: (Set<number> | undefined)[] = [];
  for (const row of rows) {
    const { marks, gaps, task } = row;
    const has = (column: number, bit: number): boolean => ((marks[column] ?? 0) & bit) !== 0;
    const next = carries.map((set, column) => (has(column, side.down) ? set : undefined));
    /** Columns that a horizontal line from `start` joins; it crosses those without a bit towards it. */
    const touched = (start: number, step: 1 | -1): number[] => {
      const columns: number[] = [];
      for (let at = start; gaps[step === 1 ? at : at - 1]; at += step) {
        if (has(at + step, step === 1 ? side.left : side.right) && has(at + step, side.up | side.down)) columns.push(at + step);
      }
      return columns;
    };
    const flowInto = (columns: readonly number[], what: Iterable<number>): void => {
      for (const column of columns) next[column] = new Set([...(has(column, side.up) ? (carries[column] ?? []) : []), ...what]);
    };
    if (task === undefined) {
      // A row without a task: a line from above turns left.
      const corner = marks.findLastIndex(
        (mark) => (mark & side.up) !== 0 && (mark & side.left) !== 0 && (mark & side.right) === 0,
      );
      flowInto(touched(corner, -1), carries[corner] ?? []);
    } else {
      const { index, column } = task;
      const from_left = touched(column, -1);
      const inputs =
        from_left.length > 0 ? (carries[from_left[0] ?? 0] ?? []) : roots.has(index) ? [] : (carries[column] ?? []);
      expect(from_left.length, "lines that come in from the left").toBeLessThanOrEqual(1);
      found.set(index, sorted(inputs));
      flowInto(touched(column, 1), [index]);
      next[column] = new Set([index]);
    }
    carries = next;
  }
  return found;
}

/** Returns ends of lines that meet neither another line's end nor a task. */
function looseEnds(rows: readonly ColumnRow[]): string[] {
  const loose: string[] = [];
  const markAt = (row: ColumnRow | undefined, column: number): number => row?.marks[column] ?? 0;
  rows.forEach((row, i) => {
    row.marks.forEach((mark, column) => {
      if (row.task?.column === column) return;
      const [right = false, left = false] = [row.gaps[column], row.gaps[column - 1]];
      const [above, below] = [rows[i - 1], rows[i + 1]];
      const is_crossed = mark === (side.up | side.down) && left && right;
      const meets = {
        right: right === ((mark & side.right) !== 0 || is_crossed),
        left: left === ((mark & side.left) !== 0 || is_crossed),
        up: (mark & side.up) === 0 || above?.task?.column === column || (markAt(above, column) & side.down) !== 0,
        down: (mark & side.down) === 0 || below?.task?.column === column || (markAt(below, column) & side.up) !== 0,
      };
      for (const [end, is_met] of Object.entries(meets)) if (!is_met) loose.push(`row ${i}, column ${column}, ${end}`);
    });
  });
  return loose;
}

const rootsOf = (dependencies: readonly (readonly number[])[]): Set<number> =>
  new Set(dependencies.flatMap((list, i) => (list.length === 0 ? [i] : [])));

test("following the lines yields each task's dependencies and no others", () => {
  fc.assert(
    fc.property(
      anyGraph,
      fc.constantFrom({ max: 60, wide: 60 }, { max: 60, wide: 5 }, { max: 60, wide: 2 }),
      (graph, columns) => {
        const { dependencies, rows, unlinked } = drawn(graph, columns);
        expect(unlinked.size).toBe(0);
        expect(looseEnds(rows)).toEqual([]);
        const found = readBack(rows, rootsOf(dependencies));
        for (const [i, list] of dependencies.entries()) expect(found.get(i), `t${i}`).toEqual(sorted(list));
      },
    ),
    { numRuns: count(5000) },
  );
});

test("with too few columns, the drawn lines are still right, and tasks without a line are listed", () => {
  fc.assert(
    fc.property(anyGraph, fc.integer({ min: 1, max: 5 }), (graph, max) => {
      const { dependencies, rows, unlinked } = drawn(graph, { max, wide: Math.ceil(max / 2) });
      expect(Math.max(...rows.map((row) => Math.max(row.marks.length - 1, row.task?.column ?? 0)))).toBeLessThanOrEqual(max);
      expect(looseEnds(rows)).toEqual([]);
      const found = readBack(rows, new Set([...rootsOf(dependencies), ...unlinked]));
      for (const [i, list] of dependencies.entries())
        expect(found.get(i), `t${i}`).toEqual(unlinked.has(i) ? [] : sorted(list));
    }),
    { numRuns: count(5000) },
  );
});

test("every task has one row, below its dependencies", () => {
  fc.assert(
    fc.property(anyGraph, (graph) => {
      const { dependencies, order, rows } = drawn(graph, { max: 60, wide: 12 });
      expect(rows.flatMap((row) => (row.task === undefined ? [] : [row.task.index]))).toEqual(order);
      expect(sorted(order)).toEqual([...graph.task_ids.keys()]);
      for (const [i, list] of dependencies.entries()) {
        for (const before of list) expect(order.indexOf(before)).toBeLessThan(order.indexOf(i));
      }
    }),
  );
});

test("exactly the implied dependencies are left out", () => {
  const reach = (lists: readonly (readonly number[])[], i: number): Set<number> => {
    const seen = new Set(lists[i]);
    for (const one of seen) for (const next of lists[one] ?? []) seen.add(next);
    return seen;
  };
  fc.assert(
    fc.property(anyGraph, (graph) => {
      const reduced = reducedDependencies(graph);
      for (const i of graph.task_ids.keys()) {
        expect(sorted(reach(reduced, i))).toEqual(sorted(reach(graph.dependencies, i)));
        for (const dependency of reduced[i] ?? []) {
          const others = (reduced[i] ?? []).filter((one) => one !== dependency);
          for (const other of others) expect(reach(reduced, other).has(dependency)).toBe(false);
        }
      }
    }),
  );
});
