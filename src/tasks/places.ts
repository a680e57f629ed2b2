import type { Problem } from "#errors";

/** The path of a value: keys and list positions from the root. */
export type Path = readonly (string | number)[];

/** A problem with its place as a path. */
export interface Finding {
  path: Path;
  /** The problem concerns the last key of the path, not its value. */
  at_key?: boolean;
  task_id?: string | undefined;
  message: string;
  advice?: string | undefined;
}

/** A line and a column, both from 1; the column in UTF-16 units. */
export interface Place {
  line: number;
  column: number;
}

/** Returns the place of an offset. */
export const placeOf = (text: string, offset: number): Place => placesOf(text, [offset])(offset);

/** Looks up the places of several offsets in one pass over the text. */
export function placesOf(text: string, offsets: readonly number[]): (offset: number) => Place {
  const places = new Map<number, Place>();
  let line = 1;
  let start = 0;
  let end = text.indexOf("\n");
  for (const offset of [...offsets].sort((a, b) => a - b)) {
    while (end !== -1 && end < offset) {
      line++;
      start = end + 1;
      end = text.indexOf("\n", start);
    }
    places.set(offset, { line, column: offset - start + 1 });
  }
  return (offset) => places.get(offset) ?? { line: 1, column: 1 };
}

/** A value to locate, with the values to locate inside it. */
interface Target {
  /** Start of the value; undefined until it is found. */
  offset?: number;
  key_offset?: number;
  inside: Map<string | number, Target>;
}

/**
 * Converts findings to problems with lines and columns, in the order of the text. Only for files with problems: it
 * parses the text again with a slower parser, which keeps only the targets and stops once it has found them.
 */
export async function placeFindings(file: string, text: string, findings: readonly Finding[]): Promise<Problem[]> {
  const top: Target = { inside: new Map() };
  /** For each finding the targets along its path. */
  const chains = findings.map(({ path }) => {
    const chain = [top];
    for (const step of path) {
      const { inside } = chain.at(-1) ?? top;
      const next: Target = inside.get(step) ?? { inside: new Map() };
      inside.set(step, next);
      chain.push(next);
    }
    return chain;
  });
  await locate(text, top);
  const placed = findings.map((finding, i) => {
    const chain = chains[i] ?? [];
    const key_offset = finding.at_key === true ? chain.at(-1)?.key_offset : undefined;
    const offset = key_offset ?? chain.findLast((one) => one.offset !== undefined)?.offset ?? 0;
    return { finding, offset };
  });
  placed.sort((a, b) => a.offset - b.offset);
  const place = placesOf(
    text,
    placed.map(({ offset }) => offset),
  );
  return placed.map(({ finding: { task_id, message, advice }, offset }) => ({
    file,
    ...place(offset),
    ...(task_id === undefined ? {} : { task_id }),
    message,
    ...(advice === undefined ? {} : { advice }),
  }));
}

/** Sets the offsets of all targets. */
async function locate(text: string, top: Target): Promise<void> {
  const { visit } = await import("jsonc-parser");
  let missing = countTargets(top);
  const all_found = new Error("all found");
  /** The open objects and lists, each with the key or position of its next value. */
  const open: { target: Target; next: string | number }[] = [];
  const onValue = (offset: number): Target | undefined => {
    const parent = open.at(-1);
    const target = parent === undefined ? top : parent.target.inside.get(parent.next);
    if (parent !== undefined && typeof parent.next === "number") parent.next++;
    if (target === undefined || target.offset !== undefined) return target;
    target.offset = offset;
    if (--missing === 0) throw all_found;
    return target;
  };
  const enter =
    (first: string | number) =>
    (offset: number): boolean => {
      const target = onValue(offset);
      const has_targets = target !== undefined && target.inside.size > 0;
      // The parser reports the end of a skipped value too, so it needs an entry.
      open.push({ target: has_targets ? target : no_target, next: first });
      return has_targets;
    };
  const leave = (): void => void open.pop();
  try {
    visit(
      text,
      {
        onObjectBegin: enter(""),
        onArrayBegin: enter(0),
        onObjectEnd: leave,
        onArrayEnd: leave,
        onLiteralValue: (_, offset) => void onValue(offset),
        onObjectProperty(key, offset) {
          const parent = open.at(-1);
          if (parent === undefined) return;
          parent.next = key;
          const target = parent.target.inside.get(key);
          if (target !== undefined) target.key_offset = offset;
        },
      },
      { allowTrailingComma: true },
    );
  } catch (error) {
    if (error !== all_found) throw error;
  }
}

const no_target: Target = { inside: new Map() };

function countTargets(target: Target): number {
  let count = 1;
  for (const next of target.inside.values()) count += countTargets(next);
  return count;
}
