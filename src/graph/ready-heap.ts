/** A binary heap of task indices; the smallest by `before` comes first. */
export interface ReadyHeap {
  readonly size: number;
  push(task: number): void;
  pop(): number | undefined;
}

/** Creates a heap. `before(a, b)` returns whether `a` must start before `b`; it must be a strict order. */
export function createReadyHeap(before: (a: number, b: number) => boolean): ReadyHeap {
  const heap: number[] = [];
  // Indices stay inside the heap by construction.
  const get = (i: number): number => heap[i] as number;

  return {
    get size() {
      return heap.length;
    },
    push(task) {
      let i = heap.push(task) - 1;
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (!before(task, get(parent))) break;
        heap[i] = get(parent);
        i = parent;
      }
      heap[i] = task;
    },
    pop() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined || heap.length === 0) return first;
      let i = 0;
      for (;;) {
        let child = 2 * i + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && before(get(child + 1), get(child))) child++;
        if (!before(get(child), last)) break;
        heap[i] = get(child);
        i = child;
      }
      heap[i] = last;
      return first;
    },
  };
}
