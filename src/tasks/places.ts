import type { Node } from "jsonc-parser";
import type { Problem } from "#errors";

/** The way to a value: keys and array positions from the top. */
export type Path = readonly (string | number)[];

/** A problem whose place is still a path. */
export interface Finding {
  path: Path;
  /** The place is the last key of the path, not its value. */
  at_key?: boolean;
  task_id?: string | undefined;
  message: string;
  advice?: string | undefined;
}

/** Line and column of an offset, both from 1. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let i = text.indexOf("\n"); i !== -1 && i < offset; i = text.indexOf("\n", i + 1)) {
    line++;
    start = i + 1;
  }
  return { line, column: offset - start + 1 };
}

/** Turns paths into lines and columns. Only called once something is wrong: it reads the text with a slower parser. */
export async function placeFindings(file: string, text: string, findings: readonly Finding[]): Promise<Problem[]> {
  const { parseTree } = await import("jsonc-parser");
  const tree = parseTree(text, [], { allowTrailingComma: true });
  const lines = lineStarts(text);
  return findings.map(({ path, at_key, task_id, message, advice }) => {
    const offset = tree === undefined ? 0 : offsetOf(tree, path, at_key === true);
    return {
      file,
      ...lookUp(lines, offset),
      ...(task_id === undefined ? {} : { task_id }),
      message,
      ...(advice === undefined ? {} : { advice }),
    };
  });
}

/** The offset of the value at `path`, or of the nearest one above it that exists. */
function offsetOf(tree: Node, path: Path, at_key: boolean): number {
  let node = tree;
  for (const [depth, step] of path.entries()) {
    // Of a key that stands twice the last one counts, as it does for JSON.parse.
    const property = node.children?.findLast((child) => child.type === "property" && child.children?.[0]?.value === step);
    const next = typeof step === "number" ? node.children?.[step] : property?.children?.[1];
    if (at_key && depth === path.length - 1 && property !== undefined) return property.offset;
    if (next === undefined) break;
    node = next;
  }
  return node.offset;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf("\n"); i !== -1; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  return starts;
}

function lookUp(starts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}
