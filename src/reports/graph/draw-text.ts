import cliTruncate from "cli-truncate";
import { levels } from "#graph";
import { showDuration } from "../duration.ts";
import { oneLine } from "../printable.ts";
import { type ColumnRow, layOutColumns } from "./columns.ts";
import { drawLevels } from "./draw-levels.ts";
import { countText, edgeCount, type Picture } from "./picture.ts";
import { components, readingOrder, reducedDependencies } from "./shape.ts";

/** Colours for parts of the drawing. */
export interface Paint {
  critical(text: string): string;
  faint(text: string): string;
}

/** Options of `drawText`. */
export interface TextOptions {
  /** Columns of the terminal. */
  width: number;
  /** Whether the terminal can show box-drawing characters. */
  unicode: boolean;
  paint?: Paint;
  /** Graphs with more tasks are summarised by level; default 2000. */
  max_tasks?: number;
}

const plain: Paint = { critical: (text) => text, faint: (text) => text };

/** Line characters, indexed by the bits of `side`: up 1, down 2, left 4, right 8. */
const lines = { unicode: " ╵╷│╴╯╮┤╶╰╭├─┴┬┼", ascii: " '.|-'.+-'.+-+++" };

/** Marks of tasks that start at once, that wait, and that wait for tasks named beside them; then the same on the critical path. */
const symbols = { unicode: ["◇", "○", "▷", "◆", "●", "▶"], ascii: ["O", "o", ">", "@", "*", "#"] };

/** Draws the graph for a terminal: a task per row, with lines to its dependents. Ends with a line feed. */
export function drawText(picture: Picture, options: TextOptions): string {
  const { graph, critical_path } = picture;
  const { width, paint = plain, max_tasks = 2000 } = options;
  const rows = levels(graph);
  const widest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const head = [
    countText(graph.task_ids.length, "task"),
    countText(edgeCount(graph), "dependency"),
    countText(rows.length, "level"),
    ...(widest > 1 ? [`up to ${widest.toLocaleString("en")} side by side`] : []),
  ];
  const body = graph.task_ids.length > max_tasks ? drawLevels(picture, rows, options, max_tasks) : drawTasks(picture, options);
  const path = critical_path.map((i) => graph.task_ids[i] ?? "");
  const shown = path.length > max_names ? [...path.slice(0, max_names - 1), "…", path.at(-1) ?? ""] : path;
  const ms = critical_path.map((i) => picture.tasks[i]?.expected_ms);
  const known = ms.every((one) => one !== undefined);
  const total = known ? `, ${showDuration(ms.reduce((sum, one) => sum + one, 0))} expected` : "";
  const title = `Critical path (${countText(path.length, "task")}${total}):`.split(" ");
  const arrow = options.unicode ? "→" : "->";
  const steps = shown.map((id, i) => (i === 0 ? id : `${arrow} ${id}`));
  const text = [
    ...wrap(`${head.join(", ")}.`.split(" "), width),
    "",
    ...body,
    ...wrap([...title, ...steps], width, (word, i) => (i < title.length ? word : paint.critical(word))),
  ];
  return `${(options.unicode ? text : text.map(toAscii)).map((line) => line.trimEnd()).join("\n")}\n`;
}

/** Tasks of the critical path that are shown. */
const max_names = 60;

function drawTasks(picture: Picture, options: TextOptions): string[] {
  const { graph } = picture;
  const { width } = options;
  const dependencies = reducedDependencies(graph);
  // A line and its gap take two characters. Reserve 24 for the names, which matter more than the lines.
  const max = Math.max(4, Math.min(40, Math.floor((width - 24) / 2)));
  const columns = { max, wide: Math.min(12, Math.ceil(max / 2)) };
  const parts = components(graph);
  const alone = parts.filter((part) => part.length === 1).flat();
  const drawn = parts
    .filter((part) => part.length > 1)
    .map((part) => layOutColumns(readingOrder(part, dependencies, graph.level), dependencies, columns));
  if (alone.length > 0) drawn.push(layOutColumns(alone, dependencies, columns));
  const all = drawn.flatMap((part) => part.rows);
  const used = all.reduce(
    (count, row) => Math.max(count, row.marks.findLastIndex((mark) => mark !== 0) + 1, columnOf(row) + 1),
    0,
  );
  const unlinked = new Set(drawn.flatMap((part) => [...part.unlinked]));
  const label = labeller(picture, unlinked, dependencies, width - 2 * used - 1, options);
  const critical = new Set(picture.critical_path);
  const implied = edgeCount(graph) - dependencies.reduce((sum, list) => sum + list.length, 0);
  const tasks = drawn.flatMap((part, i) => [
    ...(i === 0 ? [] : [""]),
    ...part.rows.map((row) => {
      const cells = rowText(row, used, picture, critical, unlinked, options);
      return row.task === undefined ? cells : `${cells} ${label(row.task.index, critical.has(row.task.index))}`;
    }),
  ]);
  return [...tasks, "", ...legend(unlinked.size > 0, implied, options)];
}

const columnOf = (row: ColumnRow): number => row.task?.column ?? -1;

function rowText(
  row: ColumnRow,
  used: number,
  { graph }: Picture,
  critical: ReadonlySet<number>,
  unlinked: ReadonlySet<number>,
  { unicode, paint = plain }: TextOptions,
): string {
  const glyphs = unicode ? lines.unicode : lines.ascii;
  const dash = unicode ? "─" : "-";
  let text = "";
  for (let column = 0; column < used; column++) {
    if (row.task?.column === column) {
      const { index } = row.task;
      const kind = unlinked.has(index) ? 2 : (graph.dependencies[index]?.length ?? 0) > 0 ? 1 : 0;
      const symbol = (unicode ? symbols.unicode : symbols.ascii)[kind + (critical.has(index) ? 3 : 0)] ?? "";
      text += critical.has(index) ? paint.critical(symbol) : symbol;
    } else text += glyphs[row.marks[column] ?? 0] ?? "";
    text += row.gaps[column] ? dash : " ";
  }
  return text;
}

/** Returns a function that writes a task's label, in columns as far as they fit. */
function labeller(
  { graph, tasks }: Picture,
  unlinked: ReadonlySet<number>,
  dependencies: readonly (readonly number[])[],
  room: number,
  { paint = plain }: TextOptions,
): (index: number, is_critical: boolean) => string {
  const name = (i: number): string => graph.task_ids[i] ?? "";
  const longest = (texts: readonly string[]): number => texts.reduce((most, text) => Math.max(most, text.length), 0);
  const notes = tasks.map(({ agent, priority, expected_ms }) =>
    [
      agent,
      ...(priority === "medium" ? [] : [priority]),
      ...(expected_ms === undefined ? [] : [showDuration(expected_ms)]),
    ].join(", "),
  );
  const id_width = Math.min(longest(graph.task_ids), Math.max(12, Math.floor(room * 0.6)), room);
  const note_width = longest(notes);
  return (index, is_critical) => {
    const id = fit(name(index), id_width);
    let text = is_critical ? paint.critical(id) : id;
    let left = room - id_width;
    const add = (words: string, pad: number): void => {
      if (left < 10 || words === "") return;
      const fitting = fit(words, Math.max(0, left - 2));
      text += `  ${paint.faint(fitting)}${" ".repeat(Math.max(0, pad - fitting.length))}`;
      left -= 2 + Math.max(pad, fitting.length);
    };
    text += " ".repeat(id_width - id.length);
    if (unlinked.has(index)) {
      const after = dependencies[index] ?? [];
      const more = after.length > 3 ? ` and ${after.length - 3} more` : "";
      add(`after ${after.slice(0, 3).map(name).join(", ")}${more}`, 0);
      return text;
    }
    if (note_width <= left - 2) add(notes[index] ?? "", note_width);
    // Descriptions go to a terminal, so remove line feeds and escape sequences.
    add(oneLine(tasks[index]?.description ?? ""), 0);
    return text;
  };
}

function legend(has_unlinked: boolean, implied: number, { unicode, width, paint = plain }: TextOptions): string[] {
  const [start, waits, named, ...critical] = unicode ? symbols.unicode : symbols.ascii;
  const text = [
    `${start} starts at once. ${waits} waits for the tasks whose line reaches it from the left, or else from above;`,
    `without a line, for the task right above it. ${critical[0]} and ${critical[1]} are on the critical path.`,
    ...(has_unlinked ? [`${named} waits for the tasks named beside it: their lines do not fit.`] : []),
    ...(implied > 0
      ? [`${countText(implied, "dependency")} implied by others ${implied === 1 ? "is" : "are"} not drawn.`]
      : []),
  ].join(" ");
  return wrap(text.split(" "), width).map((line) => paint.faint(line));
}

/** Wraps words to lines of at most `width` columns. */
function wrap(words: readonly string[], width: number, paint: (word: string, i: number) => string = (word) => word): string[] {
  const out: string[] = [];
  let used = 0;
  for (const [i, word] of words.entries()) {
    if (i === 0 || used + 1 + word.length > width) {
      out.push(paint(word, i));
      used = word.length;
    } else {
      out.push(`${out.pop() ?? ""} ${paint(word, i)}`);
      used += 1 + word.length;
    }
  }
  return out;
}

/** Cuts text to a number of terminal columns and marks the cut with an ellipsis. */
function fit(text: string, width: number): string {
  // A fast path: most names are short and plain, and measuring them would take longer than the rest of the drawing.
  if (text.length <= width && /^[\x20-\x7e]*$/.test(text)) return text;
  return width > 0 ? cliTruncate(text, width) : "";
}

/** Replaces characters that are not ASCII. */
const toAscii = (text: string): string => text.replaceAll("…", "~").replaceAll(/\P{ASCII}/gu, "?");
