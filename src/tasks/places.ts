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

/** A line and a column, both from 1; columns count UTF-16 units. */
export interface Place {
  line: number;
  column: number;
}

/** The place of an offset. */
export const placeOf = (text: string, offset: number): Place => placesOf(text, [offset])(offset);

/** Looks up the places of some offsets, with one walk over the lines of the text. */
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

/** A value that is looked for, and what is looked for inside it. */
interface Target {
  /** Where it begins; undefined until it is met. */
  offset?: number;
  key_offset?: number;
  inside: Map<string | number, Target>;
}

/**
 * Turns paths into lines and columns, in the order of the text. Only called once something is wrong: it reads the text
 * with a slower parser, which keeps nothing but what is looked for, and stops when it has all.
 */
export async function placeFindings(file: string, text: string, findings: readonly Finding[]): Promise<Problem[]> {
  const top: Target = { inside: new Map() };
  const wanted = findings.map(({ path }) => {
    const way = [top];
    for (const step of path) {
      const { inside } = way.at(-1) ?? top;
      const next: Target = inside.get(step) ?? { inside: new Map() };
      inside.set(step, next);
      way.push(next);
    }
    return way;
  });
  await locate(text, top);
  const placed = findings.map((finding, i) => {
    const way = wanted[i] ?? [];
    const key_offset = finding.at_key === true ? way.at(-1)?.key_offset : undefined;
    const offset = key_offset ?? way.findLast((one) => one.offset !== undefined)?.offset ?? 0;
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

/** Fills in the offsets of what is wanted. */
async function locate(text: string, top: Target): Promise<void> {
  const { visit } = await import("jsonc-parser");
  let missing = countTargets(top);
  const enough = new Error("enough");
  /** Each open object or list that holds something wanted: the key or position of the value that comes next in it. */
  const open: { wanted: Target; next: string | number }[] = [];
  const meet = (offset: number): Target | undefined => {
    const around = open.at(-1);
    const met = around === undefined ? top : around.wanted.inside.get(around.next);
    if (around !== undefined && typeof around.next === "number") around.next++;
    if (met === undefined || met.offset !== undefined) return met;
    met.offset = offset;
    if (--missing === 0) throw enough;
    return met;
  };
  const enter =
    (first: string | number) =>
    (offset: number): boolean => {
      const met = meet(offset);
      const holds = met !== undefined && met.inside.size > 0;
      // What is skipped still ends: an empty stand-in keeps the pairs.
      open.push({ wanted: holds ? met : nothing, next: first });
      return holds;
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
        onLiteralValue: (_, offset) => void meet(offset),
        onObjectProperty(key, offset) {
          const around = open.at(-1);
          if (around === undefined) return;
          around.next = key;
          const met = around.wanted.inside.get(key);
          if (met !== undefined) met.key_offset = offset;
        },
      },
      { allowTrailingComma: true },
    );
  } catch (error) {
    if (error !== enough) throw error;
  }
}

const nothing: Target = { inside: new Map() };

function countTargets(wanted: Target): number {
  let count = 1;
  for (const next of wanted.inside.values()) count += countTargets(next);
  return count;
}
