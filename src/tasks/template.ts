/** A placeholder in a string. */
export type Reference =
  | { type: "variable"; name: string }
  | { type: "output"; task_id: string; path: readonly string[] }
  | { type: "malformed"; why: string };

/** A piece of a string: literal text, or a reference with its source text and offset. */
export type Piece =
  | { type: "text"; text: string }
  | { type: "reference"; reference: Reference; written: string; offset: number };

/** `$${` is a literal `${`; `${NAME}` and `${tasks.…}` are references; everything else is left to the shell. */
const pattern = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*|tasks\.[^}]*)(?:\}|$)/g;

/** Returns false if a string cannot contain a reference, so that it need not be split. */
export const mayHoldReference = (text: string): boolean => text.includes("${");

/** Splits a string at its references. `isTask` decides where an id ends, because ids may contain dots. */
export function splitTemplate(text: string, isTask: (task_id: string) => boolean): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  const push = (value: string): void => {
    if (value !== "") pieces.push({ type: "text", text: value });
  };
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [written, inner] = match;
    const is_closed = written.endsWith("}");
    // An unclosed `${NAME` is left to the shell; an unclosed `${tasks.` can only be a mistake.
    if (inner !== undefined && !is_closed && !inner.startsWith("tasks.")) continue;
    push(text.slice(end, match.index));
    end = match.index + written.length;
    if (inner === undefined) push("${");
    else {
      const reference: Reference = is_closed
        ? parseReference(inner, isTask)
        : { type: "malformed", why: "the closing brace is missing" };
      pieces.push({ type: "reference", reference, written, offset: match.index });
    }
  }
  push(text.slice(end));
  return pieces;
}

function parseReference(inner: string, isTask: (task_id: string) => boolean): Reference {
  if (!inner.startsWith("tasks.")) return { type: "variable", name: inner };
  const rest = inner.slice("tasks.".length);
  let first: Reference | undefined;
  for (const match of rest.matchAll(/\.output(?=$|[.[])/g)) {
    const task_id = rest.slice(0, match.index);
    const path = parsePath(rest.slice(match.index + match[0].length));
    if (task_id === "" || path === undefined) continue;
    const reference: Reference = { type: "output", task_id, path };
    if (isTask(task_id)) return reference;
    first ??= reference;
  }
  return first ?? { type: "malformed", why: "write ${tasks.ID.output} or ${tasks.ID.output.path.to.value}" };
}

/** Parses `.a.0.b` or `.a[0].b` to ["a", "0", "b"]. */
function parsePath(text: string): string[] | undefined {
  const steps: string[] = [];
  const step = /\.([^.[\]]+)|\[(\d+)\]/y;
  while (step.lastIndex < text.length) {
    const match = step.exec(text);
    if (match === null) return undefined;
    steps.push(match[1] ?? match[2] ?? "");
  }
  return steps;
}

/** Returns the value at a path inside an output, or `undefined`. */
export function valueAt(output: unknown, path: readonly string[]): unknown {
  let value = output;
  for (const step of path) {
    const is_inside = typeof value === "object" && value !== null && Object.hasOwn(value, step);
    // `length` is an own property of a list, but not part of the output.
    if (!is_inside || (Array.isArray(value) && !/^\d+$/.test(step))) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

/** Returns a value as text: a string unchanged, anything else as JSON. */
export const asText = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/**
 * Replaces every string inside a value, but no keys. Returns unchanged parts themselves, not copies. `path` is one list
 * that is modified in place; callers that keep it must copy it.
 */
export function mapStrings<Value>(
  value: Value,
  replace: (text: string, path: readonly (string | number)[]) => string,
  path: (string | number)[] = [],
): Value {
  // Each branch returns a value of the type it received.
  if (typeof value === "string") return replace(value, path) as Value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    let mapped: unknown[] | undefined;
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (typeof item !== "string" && typeof item !== "object") continue;
      path.push(i);
      const next = mapStrings(item, replace, path);
      path.pop();
      if (next === item) continue;
      mapped ??= value.slice();
      mapped[i] = next;
    }
    return (mapped ?? value) as Value;
  }
  let mapped: Record<string, unknown> | undefined;
  for (const key in value) {
    const item: unknown = value[key];
    if (typeof item !== "string" && typeof item !== "object") continue;
    path.push(key);
    const next = mapStrings(item, replace, path);
    path.pop();
    if (next === item) continue;
    mapped ??= { ...(value as Record<string, unknown>) };
    mapped[key] = next;
  }
  return (mapped ?? value) as Value;
}
