import cliTruncate from "cli-truncate";
import { levels } from "#graph";
import { showDuration } from "../duration.ts";
import { oneLine } from "../printable.ts";
import { type ColumnRow, layOutColumns } from "./columns.ts";
import { drawLevels } from "./draw-levels.ts";
import { countText, edgeCount, type Picture } from "./picture.ts";
import { components, readingOrder, reducedDependencies } from "./shape.ts";

/** Colours for words; each returns its text as it is where there are none. */
export interface Paint {
  critical(text: string): string;
  faint(text: string): string;
}

/** How text is drawn. */
export interface TextOptions {
  /** Columns of the terminal. */
  width: number;
  /** Whether box-drawing characters can be shown. */
  unicode: boolean;
  paint?: Paint;
  /** Tasks above which levels are summarised. */
  max_tasks?: number;
}

const plain: Paint = { critical: (text) => text, faint: (text) => text };

/** By the bits of `side`: up 1, down 2, left 4, right 8. */
const lines = { unicode: " ╵╷│╴╯╮┤╶╰╭├─┴┬┼", ascii: " '.|-'.+-'.+-+++" };

/** Task marks: what starts at once, what waits, what waits by name; and the same on the critical path. */
const symbols = { unicode: ["◇", "○", "▷", "◆", "●", "▶"], ascii: ["O", "o", ">", "@", "*", "#"] };

/** Draws the graph for a terminal: a task a row, with lines from each to what waits for it. Ends with a line feed. */
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

/** Longest critical path that is written in full. */
const max_names = 60;

function drawTasks(picture: Picture, options: TextOptions): string[] {
  const { graph } = picture;
  const { width } = options;
  const dependencies = reducedDependencies(graph);
  // A line and its gap are two characters wide; the names are worth more than the lines.
  const most = Math.max(4, Math.min(40, Math.floor((width - 24) / 2)));
  const columns = { most, wide: Math.min(12, Math.ceil(most / 2)) };
  const parts = components(graph);
  const alone = parts.filter((part) => part.length === 1).flat();
  const drawn = parts
    .filter((part) => part.length > 1)
    .map((part) => layOutColumns(readingOrder(part, dependencies, graph.level), dependencies, columns));
  if (alone.length > 0) drawn.push(layOutColumns(alone, dependencies, columns));
  const all = drawn.flatMap((part) => part.rows);
  const used = all.reduce(
    (most, row) => Math.max(most, row.marks.findLastIndex((mark) => mark !== 0) + 1, columnOf(row) + 1),
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

/** Makes the words beside each task, in columns as far as there is room. */
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
    // What a description holds goes to a terminal: no line feeds, no escape sequences.
    add(oneLine(tasks[index]?.description ?? ""), 0);
    return text;
  };
}

function legend(has_unlinked: boolean, implied: number, { unicode, width, paint = plain }: TextOptions): string[] {
  const [start, waits, named, ...critical] = unicode ? symbols.unicode : symbols.ascii;
  const text = [
    `${start} starts at once. ${waits} waits for what reaches it from the left, or else from above:`,
    `all that run into that line, or the mark right above it. ${critical[0]} ${critical[1]} the same, on the critical path.`,
    ...(has_unlinked ? [`${named} waits for what is named beside it: there is no room for its lines.`] : []),
    ...(implied > 0
      ? [`${countText(implied, "dependency")} that others imply ${implied === 1 ? "is" : "are"} not drawn.`]
      : []),
  ].join(" ");
  return wrap(text.split(" "), width).map((line) => paint.faint(line));
}

/** Puts words on lines of at most `width` columns. */
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

/** Cuts text to so many terminal columns; what is cut ends in an ellipsis. */
function fit(text: string, width: number): string {
  // Most names are short and plain, and measuring costs more than all the rest of the drawing.
  if (text.length <= width && /^[\x20-\x7e]*$/.test(text)) return text;
  return width > 0 ? cliTruncate(text, width) : "";
}

/** For a terminal that knows only ASCII. */
const toAscii = (text: string): string => text.replaceAll("…", "~").replaceAll(/\P{ASCII}/gu, "?");
