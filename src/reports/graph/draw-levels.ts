import { countText, type Picture } from "./picture.ts";

/** Levels that are listed; the rest is counted. */
const max_levels = 40;

/** Summarises a graph that is too large to draw: the number of tasks and the first names per level. */
export function drawLevels(
  { graph }: Picture,
  rows: readonly (readonly number[])[],
  { width, unicode }: { width: number; unicode: boolean },
  max_tasks: number,
): string[] {
  const widest = rows.reduce((most, row) => Math.max(most, row.length), 0);
  const bar_width = Math.max(4, Math.min(30, Math.floor(width / 5)));
  const shown = rows.slice(0, max_levels);
  const digits = Math.max(...shown.map((row) => row.length.toLocaleString("en").length));
  const text = shown.map((row, level) => {
    const bar = (unicode ? "█" : "#").repeat(Math.max(1, Math.round((row.length / widest) * bar_width)));
    const start = `${String(level + 1).padStart(String(shown.length).length)} ${bar.padEnd(bar_width)} ${row.length
      .toLocaleString("en")
      .padStart(digits)}  `;
    return start + names(graph.task_ids, row, width - start.length);
  });
  if (rows.length > max_levels) text.push(`… and ${countText(rows.length - max_levels, "level")} more`);
  return [
    `Tasks per level. Graphs of more than ${max_tasks.toLocaleString("en")} tasks are summarised;`,
    "draw some tasks and their dependencies with --select.",
    "",
    ...text,
    "",
  ];
}

function names(ids: readonly string[], row: readonly number[], room: number): string {
  let text = "";
  for (const [i, index] of row.entries()) {
    const next = `${i === 0 ? "" : ", "}${ids[index] ?? ""}`;
    if (text.length + next.length + 3 > room && !(i === row.length - 1 && text.length + next.length <= room))
      return `${text}${i === 0 ? "" : ", "}…`;
    text += next;
  }
  return text;
}
