/** Markdown for generated tables. */

export type Row = readonly string[];

export const code = (text: string): string => `\`${text}\``;

/** A table; each row ends in a text for people. */
export function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(" | ")} |`;
  const body = rows.map((row) => line(row.map((text, column) => cell(column === head.length - 1 ? sentence(text) : text))));
  return [line(head), `|${" --- |".repeat(head.length)}`, ...body].join("\n");
}

/** One line; `<` outside of code would begin an element. */
const cell = (text: string): string =>
  text
    .trim()
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll("|", "\\|")
    .replaceAll(/`[^`]*`|<|\$\{\w+\}/g, (found) => (found === "<" ? "&lt;" : found.startsWith("$") ? code(found) : found));

/** A capital at the beginning, unless a name is there; no full stop after a single sentence. */
function sentence(text: string): string {
  const begun = text.startsWith("dispatch ") ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return begun.includes(". ") ? begun : begun.replace(/\.$/, "");
}
