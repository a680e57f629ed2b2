/** The sides of a cell that a line runs to, as bits. */
export const side = { up: 1, down: 2, left: 4, right: 8 } as const;

const vertical = side.up | side.down;
const horizontal = side.left | side.right;

/** A row of the drawing: a task, or only lines that pass. */
export interface ColumnRow {
  /** The lines in each column, as `side` bits; a line that is crossed keeps its bits. */
  marks: number[];
  /** Whether a line runs from each column to the next. */
  gaps: boolean[];
  /** The task of this row and its column. */
  task?: { index: number; column: number };
}

/** The rows of a drawing. */
export interface ColumnLayout {
  rows: ColumnRow[];
  /** Tasks whose incoming lines do not fit. */
  unlinked: Set<number>;
}

/**
 * A vertical line from a set of dependencies to all tasks with exactly that set. So a fan-out or fan-in of any width is one
 * line, and so is a stage that waits for all tasks of another.
 */
interface ColumnLine {
  sources: number;
  targets: number;
  /** Targets that are not drawn yet. */
  left: number;
  /** Position of its first target; lines that are due sooner go further to the left. */
  due: number;
  /** The preferred first column. */
  from: number;
  state: "unopened" | "open" | "released" | "no_room";
  column: number;
}

/** Limits of a layout. */
export interface ColumnLimits {
  max: number;
  /** A line in this column or further right moves to the left before its first target. */
  wide: number;
}

/**
 * Lays out tasks, one per row, in an order with dependencies first. A task's input comes from above or from the left. Its
 * outputs go down, to the right, or down and then left. So a reader can tell the direction of every line.
 */
export function layOutColumns(
  order: readonly number[],
  dependencies: readonly (readonly number[])[],
  columns: ColumnLimits,
): ColumnLayout {
  const first = layOut(order, dependencies, columns, () => 0);
  // Only now are the tasks' columns known: a line that starts to the right of all its sources need not turn left.
  const column = new Map(first.rows.flatMap(({ task }) => (task === undefined ? [] : [[task.index, task.column] as const])));
  const second = layOut(order, dependencies, columns, (sources) =>
    sources.reduce((most, source) => Math.max(most, (column.get(source) ?? 0) + 1), 0),
  );
  return second.rows.length < first.rows.length && second.unlinked.size <= first.unlinked.size ? second : first;
}

function layOut(
  order: readonly number[],
  dependencies: readonly (readonly number[])[],
  columns: ColumnLimits,
  fromColumn: (sources: readonly number[]) => number,
): ColumnLayout {
  const { entry, exits } = linesOf(order, dependencies, fromColumn);
  const rows: ColumnRow[] = [];
  const unlinked = new Set<number>();
  const open: (ColumnLine | undefined)[] = [];

  const firstFree = (from: number, below = columns.max): number | undefined => {
    for (let column = from; column < below; column++) if (open[column] === undefined) return column;
    return undefined;
  };
  const addRow = (): ColumnRow => {
    const marks = Array.from({ length: columns.max + 1 }, (_, column) => (open[column] === undefined ? 0 : vertical));
    const row: ColumnRow = { marks, gaps: marks.map(() => false) };
    rows.push(row);
    return row;
  };
  const openLine = (line: ColumnLine, column: number): void => {
    open[column] = line;
    Object.assign(line, { column, state: "open" });
  };

  /** Moves a line that is far to the right into a free column on the left, before its first target. */
  function moveLeft(line: ColumnLine): void {
    const column = line.column < columns.wide ? undefined : firstFree(0, line.column - 1);
    if (column === undefined) return;
    const row = addRow();
    drawHorizontal(row, column, line.column);
    row.marks[column] = side.down | side.right;
    row.marks[line.column] = side.up | side.left;
    open[line.column] = undefined;
    openLine(line, column);
  }

  /** Draws a task's input and returns the task's column. */
  function drawInput(row: ColumnRow, line: ColumnLine | undefined): number {
    if (line?.state !== "released") return firstFree(0) ?? columns.max;
    line.left--;
    if (line.left === 0) open[line.column] = undefined;
    if (line.targets === 1) return line.column;
    const column = firstFree(line.column + 1) ?? columns.max;
    drawHorizontal(row, line.column, column);
    row.marks[line.column] = side.up | side.right | (line.left === 0 ? 0 : side.down);
    return column;
  }

  /** Draws a task's outputs: those to the right on its own row, those to the left on the row below. */
  function drawOutputs(row: ColumnRow, column: number, lines: readonly ColumnLine[]): void {
    const to_left: { line: ColumnLine; is_new: boolean }[] = [];
    const to_right: { line: ColumnLine; is_new: boolean }[] = [];
    const opened = lines.filter((line) => line.state === "open");
    for (const line of opened) (line.column < column ? to_left : to_right).push({ line, is_new: false });
    for (const line of lines.filter(({ state }) => state === "unopened").sort((a, b) => a.due - b.due)) {
      if (line.sources === 1 && column < columns.max && open[column] === undefined) openLine(line, column);
      else {
        const place =
          firstFree(Math.max(column + 1, line.from)) ?? firstFree(column + 1) ?? firstFree(0, Math.min(column, columns.max));
        if (place === undefined) line.state = "no_room";
        else {
          openLine(line, place);
          (place < column ? to_left : to_right).push({ line, is_new: true });
        }
      }
    }
    connect(row, column, to_right);
    if (to_left.length === 0) return;
    const below = addRow();
    connect(below, column, to_left);
    below.marks[column] = side.up | side.left | (open[column] === undefined ? 0 : side.down);
  }

  order.forEach((index) => {
    const line = entry.get(index);
    if (line?.state === "open") {
      moveLeft(line);
      line.state = "released";
    }
    if (line?.state === "no_room") unlinked.add(index);
    const row = addRow();
    const column = drawInput(row, line);
    row.marks[column] = 0;
    row.task = { index, column };
    drawOutputs(row, column, exits.get(index) ?? []);
  });
  return { rows, unlinked };
}

/** Returns the line into each task, and the lines out of it. */
function linesOf(
  order: readonly number[],
  dependencies: readonly (readonly number[])[],
  fromColumn: (sources: readonly number[]) => number,
) {
  const by_set = new Map<string, ColumnLine>();
  const entry = new Map<number, ColumnLine>();
  const exits = new Map<number, ColumnLine[]>();
  order.forEach((task, due) => {
    const sources = dependencies[task] ?? [];
    if (sources.length === 0) return;
    const key = sources.toSorted((a, b) => a - b).join();
    let line = by_set.get(key);
    if (line === undefined) {
      const from = sources.length === 1 ? 0 : fromColumn(sources);
      line = { sources: sources.length, targets: 0, left: 0, due, from, state: "unopened", column: -1 };
      by_set.set(key, line);
      for (const source of sources) {
        const list = exits.get(source);
        if (list === undefined) exits.set(source, [line]);
        else list.push(line);
      }
    }
    line.targets++;
    line.left++;
    entry.set(task, line);
  });
  return { entry, exits };
}

/** Draws a horizontal line between two columns, across the lines between them. */
function drawHorizontal(row: ColumnRow, from: number, to: number): void {
  for (let column = from; column < to; column++) {
    row.gaps[column] = true;
    if (column > from && row.marks[column] === 0) row.marks[column] = horizontal;
  }
}

/** Connects a task's column to lines that are all on one side of it. */
function connect(row: ColumnRow, column: number, ends: readonly { line: ColumnLine; is_new: boolean }[]): void {
  if (ends.length === 0) return;
  const all = ends.map(({ line }) => line.column);
  const nearest_first = Math.min(...all) > column;
  const far = nearest_first ? Math.max(...all) : Math.min(...all);
  const [toward, onward] = nearest_first ? [side.left, side.right] : [side.right, side.left];
  for (const { line, is_new } of ends) {
    row.marks[line.column] = (is_new ? side.down : vertical) | toward | (line.column === far ? 0 : onward);
  }
  drawHorizontal(row, Math.min(column, far), Math.max(column, far));
}
