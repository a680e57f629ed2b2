import fc from "fast-check";
import { expect, test } from "vitest";
import { createReadyHeap } from "../../src/graph/index.ts";
import { count } from "../support/effort.ts";

test("pop returns the first by the order after any sequence of pushes and pops", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 }),
      fc.array(fc.boolean()),
      (rank, pops) => {
        const before = (a: number, b: number): boolean => (rank[a] ?? 0) < (rank[b] ?? 0) || (rank[a] === rank[b] && a < b);
        const heap = createReadyHeap(before);
        const model: number[] = [];
        const pop = (): void => {
          model.sort((a, b) => (before(a, b) ? -1 : 1));
          expect(heap.pop()).toBe(model.shift());
          expect(heap.size).toBe(model.length);
        };
        for (const [i] of rank.entries()) {
          heap.push(i);
          model.push(i);
          if (pops[i] === true) pop();
        }
        while (model.length > 0) pop();
        expect(heap.pop()).toBeUndefined();
        expect(heap.size).toBe(0);
      },
    ),
    { numRuns: count(5000) },
  );
});
