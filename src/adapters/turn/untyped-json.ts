/** JSON printed by another program: any field may be missing or have an unexpected type. */
export type Fields = Readonly<Record<string, unknown>>;

/** Returns the value as an object; an empty one if it is not an object. */
export const fieldsOf = (value: unknown): Fields =>
  // Every object that is no array has string keys.
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** Returns the value as a list; an empty one if it is not a list. */
export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Returns the value if it is a non-empty string. */
export const textOf = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

/** Returns the value if it is a positive finite number, else 0. */
export const countOf = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;

/** Parses a line as a JSON object; undefined if it is not one. */
export function parseLine(line: string): Fields | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}
