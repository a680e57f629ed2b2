/** Sides of a cell that a line runs to. */
export const side = { up: 1, down: 2, left: 4, right: 8 } as const;

const vertical = side.up | side.down;
const horizontal = side.left | side.right;

/** One line of the drawing: a task, or only lines on their way. */
export interface ColumnRow {
  /** The lines in each column, as `side` bits; a line that is crossed keeps its own. */
  marks: number[];
  /** Whether a line runs between a column and the next. */
  gaps: boolean[];
  /** The task of this row and its column. */
  task?: { index: number; column: number };
}

/** Lanes as they are laid out. */
export interface GraphColumns {
  rows: ColumnRow[];
  /** Tasks that wait for others, by lines for which there was no room. */
  unlinked: Set<number>;
}

/**
 * A lane stands for a set of dependencies: all tasks of the set run into it, and all tasks that wait for just this set
 * hang on it. A fan-out of any width is one lane, a fan-in too, and so is a stage that waits for all of another.
 */
interface GraphColumn {
  sources: number;
  targets: number;
  /** Targets that are still to come. */
  left: number;
  /** Row of its first target: whatever is needed sooner stands further to the left. */
  due: number;
  /** The first column that it should stand in. */
  from: number;
  state: "unopened" | "open" | "released" | "no_room";
  column: number;
}

/** The most columns there may be, and from which on a lane moves to the left. */
export interface ColumnCells {
  most: number;
  wide: number;
}

/**
 * Lays out tasks one a row, in an order that has each after its dependencies. A task's input comes from straight above or
 * from the left, its outputs go straight down, to the right, or down and to the left: so a line's direction can be read.
 */
export function layOutColumns(
  order: readonly number[],
  dependencies: readonly (readonly number[])[],
  columns: ColumnCells,
): GraphColumns {
  const first = layOut(order, dependencies, columns, () => 0);
  // Where the tasks stand is known only now: a lane that begins to the right of them all needs no way back to the left.
  const column = new Map(first.rows.flatMap(({ task }) => (task === undefined ? [] : [[task.index, task.column] as const])));
  const second = layOut(order, dependencies, columns, (sources) =>
    sources.reduce((most, source) => Math.max(most, (column.get(source) ?? 0) + 1), 0),
  );
  return second.rows.length < first.rows.length && second.unlinked.size <= first.unlinked.size ? second : first;
}

function layOut(
  order: readonly number[],
  dependencies: readonly (readonly number[])[],
  columns: ColumnCells,
  fromColumn: (sources: readonly number[]) => number,
): GraphColumns {
  const { entry, exits } = columnsOf(order, dependencies, fromColumn);
  const rows: ColumnRow[] = [];
  const unlinked = new Set<number>();
  const open: (GraphColumn | undefined)[] = [];

  const firstFree = (from: number, below = columns.most): number | undefined => {
    for (let column = from; column < below; column++) if (open[column] === undefined) return column;
    return undefined;
  };
  const addRow = (): ColumnRow => {
    const marks = Array.from({ length: columns.most + 1 }, (_, column) => (open[column] === undefined ? 0 : vertical));
    const row: ColumnRow = { marks, gaps: marks.map(() => false) };
    rows.push(row);
    return row;
  };
  const put = (lane: GraphColumn, column: number): void => {
    open[column] = lane;
    Object.assign(lane, { column, state: "open" });
  };

  /** Brings a lane that has grown far to the right back to the left before its first target. */
  function bringBack(lane: GraphColumn): void {
    const column = lane.column < columns.wide ? undefined : firstFree(0, lane.column - 1);
    if (column === undefined) return;
    const row = addRow();
    draw(row, column, lane.column);
    row.marks[column] = side.down | side.right;
    row.marks[lane.column] = side.up | side.left;
    open[lane.column] = undefined;
    put(lane, column);
  }

  /** Draws a task's input and says in which column the task stands. */
  function enter(row: ColumnRow, lane: GraphColumn | undefined): number {
    if (lane?.state !== "released") return firstFree(0) ?? columns.most;
    lane.left--;
    if (lane.left === 0) open[lane.column] = undefined;
    if (lane.targets === 1) return lane.column;
    const column = firstFree(lane.column + 1) ?? columns.most;
    draw(row, lane.column, column);
    row.marks[lane.column] = side.up | side.right | (lane.left === 0 ? 0 : side.down);
    return column;
  }

  /** Draws a task's outputs: to the right on its own row, to the left on the row below. */
  function leave(row: ColumnRow, column: number, lanes: readonly GraphColumn[]): void {
    const to_left: { lane: GraphColumn; is_new: boolean }[] = [];
    const to_right: { lane: GraphColumn; is_new: boolean }[] = [];
    const opened = lanes.filter((lane) => lane.state === "open");
    for (const lane of opened) (lane.column < column ? to_left : to_right).push({ lane, is_new: false });
    for (const lane of lanes.filter(({ state }) => state === "unopened").sort((a, b) => a.due - b.due)) {
      if (lane.sources === 1 && column < columns.most && open[column] === undefined) put(lane, column);
      else {
        const place =
          firstFree(Math.max(column + 1, lane.from)) ?? firstFree(column + 1) ?? firstFree(0, Math.min(column, columns.most));
        if (place === undefined) lane.state = "no_room";
        else {
          put(lane, place);
          (place < column ? to_left : to_right).push({ lane, is_new: true });
        }
      }
    }
    join(row, column, to_right);
    if (to_left.length === 0) return;
    const below = addRow();
    join(below, column, to_left);
    below.marks[column] = side.up | side.left | (open[column] === undefined ? 0 : side.down);
  }

  order.forEach((index) => {
    const lane = entry.get(index);
    if (lane?.state === "open") {
      bringBack(lane);
      lane.state = "released";
    }
    if (lane?.state === "no_room") unlinked.add(index);
    const row = addRow();
    const column = enter(row, lane);
    row.marks[column] = 0;
    row.task = { index, column };
    leave(row, column, exits.get(index) ?? []);
  });
  return { rows, unlinked };
}

/** The lane that each task hangs on, and those that it runs into. */
function columnsOf(
  order: readonly number[],
  dependencies: readonly (readonly number[])[],
  fromColumn: (sources: readonly number[]) => number,
) {
  const by_set = new Map<string, GraphColumn>();
  const entry = new Map<number, GraphColumn>();
  const exits = new Map<number, GraphColumn[]>();
  order.forEach((task, due) => {
    const sources = dependencies[task] ?? [];
    if (sources.length === 0) return;
    const key = sources.toSorted((a, b) => a - b).join();
    let lane = by_set.get(key);
    if (lane === undefined) {
      const from = sources.length === 1 ? 0 : fromColumn(sources);
      lane = { sources: sources.length, targets: 0, left: 0, due, from, state: "unopened", column: -1 };
      by_set.set(key, lane);
      for (const source of sources) {
        const list = exits.get(source);
        if (list === undefined) exits.set(source, [lane]);
        else list.push(lane);
      }
    }
    lane.targets++;
    lane.left++;
    entry.set(task, lane);
  });
  return { entry, exits };
}

/** A horizontal line between two columns; what stands between is crossed. */
function draw(row: ColumnRow, from: number, to: number): void {
  for (let column = from; column < to; column++) {
    row.gaps[column] = true;
    if (column > from && row.marks[column] === 0) row.marks[column] = horizontal;
  }
}

/** Lines from a task's column to lanes that all stand on one side of it. */
function join(row: ColumnRow, column: number, ends: readonly { lane: GraphColumn; is_new: boolean }[]): void {
  if (ends.length === 0) return;
  const all = ends.map(({ lane }) => lane.column);
  const nearest_first = Math.min(...all) > column;
  const far = nearest_first ? Math.max(...all) : Math.min(...all);
  const [toward, onward] = nearest_first ? [side.left, side.right] : [side.right, side.left];
  for (const { lane, is_new } of ends) {
    row.marks[lane.column] = (is_new ? side.down : vertical) | toward | (lane.column === far ? 0 : onward);
  }
  draw(row, Math.min(column, far), Math.max(column, far));
}
