import type { Problem } from "#errors";
import { placesOf } from "./places.ts";

/** Problems listed per file. */
const max_listed = 1000;

/** Finds duplicate keys in an object and keys named `__proto__`, which parsers drop silently. */
export async function findDuplicates(file: string, text: string): Promise<Problem[]> {
  const { visit } = await import("jsonc-parser");
  const found: { key: string; offset: number; first: number | undefined }[] = [];
  const open: Map<string, number>[] = [];
  visit(
    text,
    {
      onObjectBegin: () => void open.push(new Map()),
      onObjectEnd: () => void open.pop(),
      onObjectProperty(key, offset) {
        const keys = open.at(-1);
        const first = keys?.get(key);
        if ((first !== undefined || key === "__proto__") && found.length < max_listed) found.push({ key, offset, first });
        if (first === undefined) keys?.set(key, offset);
      },
    },
    { allowTrailingComma: true },
  );
  const place = placesOf(
    text,
    found.flatMap(({ offset, first = offset }) => [offset, first]),
  );
  return found.map(({ key, offset, first }) => {
    const problem = { file, ...place(offset) };
    if (key === "__proto__" || first === undefined)
      return { ...problem, message: 'Invalid input format: the key "__proto__" is not allowed.', advice: "Rename it." };
    const { line, column } = place(first);
    const message = `Invalid input format: duplicate key ${JSON.stringify(key)}, first used at ${line}:${column}.`;
    return { ...problem, message, advice: "Remove one of them." };
  });
}
