import { unreachable } from "#errors";
import { type FindingList, pathName } from "./findings.ts";
import type { Path } from "./places.ts";
import { task_schema } from "./schema.ts";
import { argumentKind, shellContexts } from "./shell.ts";
import { mapStrings, mayHoldReference, type Piece, splitTemplate } from "./template.ts";

/** Looks a `${NAME}` up. */
export type Variables = (name: string) => string | undefined;

/** The fields of a task whose strings may hold what other tasks produced; the others are settled when the file is read. */
const late_fields = new Set(["description", "input_data", "verify", "cwd", "env"]);

/** These are data or schemas, never text of ours. */
const untouched_fields = new Set(["metadata", "output_schema"]);

/** A reference with its place in a string. */
type ReferencePiece = Extract<Piece, { type: "reference" }>;

/** A reference to what another task produced. */
export interface OutputReference {
  /** The task that uses it; undefined where it has no id. */
  task_id: string | undefined;
  /** The task whose output it names. */
  upstream: string;
  path: Path;
  written: string;
}

/** What the strings of a file's tasks are settled with, and where what is found goes. */
export interface InterpolationContext {
  variables: Variables;
  isTask(task_id: string): boolean;
  findings: FindingList;
  outputs: OutputReference[];
}

/** A raw task, and what is known of it before its strings are settled. */
export interface RawTask {
  raw: Readonly<Record<string, unknown>>;
  /** Its position in the file. */
  position: number;
  task_id: string | undefined;
  /** Keys of `input_data` that hold a command line. */
  shell_fields: readonly string[];
}

/** A task after its variables went in. */
export interface Interpolated {
  /** The raw task with each settled string replaced. */
  value: Readonly<Record<string, unknown>>;
  /** Some string waits for an output, or is code and gets its values from the environment when the task starts. */
  is_late: boolean;
}

/** Makes a function that puts variables into a raw task's strings and finds the references that cannot hold. */
export function createInterpolator(context: InterpolationContext): (task: RawTask) => Interpolated {
  /** The task that is being settled: a function for each of 100,000 tasks would cost more than the work. */
  let task: RawTask = { raw: {}, position: 0, task_id: undefined, shell_fields: [] };
  let is_late = false;

  const settle = (text: string, path: Path): string => {
    if (!mayHoldReference(text)) return text;
    const settled = resolveString(text, path, task, context);
    if (settled !== undefined) return settled;
    is_late = true;
    return text;
  };

  // A key that is not known is said to be so, whatever it holds.
  const fields = new Set(Object.keys(task_schema.shape).filter((key) => !untouched_fields.has(key)));

  return (next) => {
    task = next;
    is_late = false;
    const { raw } = task;
    const path: (string | number)[] = [];
    let value: Record<string, unknown> | undefined;
    for (const key in raw) {
      const written = raw[key];
      if (!fields.has(key) || (typeof written === "string" && !mayHoldReference(written))) continue;
      path[0] = key;
      const mapped = mapStrings(written, settle, path);
      if (mapped === written) continue;
      value ??= { ...raw };
      value[key] = mapped;
    }
    return { value: value ?? raw, is_late };
  };
}

/** The string with its variables in; undefined where it gets its values only when the task starts. */
function resolveString(text: string, path: Path, task: RawTask, context: InterpolationContext): string | undefined {
  const { raw, position, task_id } = task;
  const kind = stringKind(raw, path, task.shell_fields);
  const is_code = kind === "shell_script";
  const pieces = is_code ? splitScript(raw, path, text, context.isTask) : splitTemplate(text, context.isTask);
  const shells_view = is_code ? referenceContexts(text, pieces) : undefined;
  const placeOf = (): Path => ["tasks", position, ...path];
  const find = (what: string, advice?: string): void => {
    const place = placeOf();
    context.findings.add({ path: place, task_id, message: `Invalid input format: ${pathName(place)} ${what}.`, advice });
  };
  let is_late = is_code;
  let settled = "";
  let at = 0;
  for (const piece of pieces) {
    if (piece.type === "text") {
      settled += piece.text;
      continue;
    }
    const { reference, written } = piece;
    const shell = shells_view?.[at++];
    if (shell === "literal") {
      find(
        `has ${written} in single quotes, where the shell leaves it as it is`,
        `End the quotes before it and put it in double quotes: '…'"${written}"'…'. For a literal write $${written}.`,
      );
      continue;
    }
    switch (reference.type) {
      case "variable": {
        const value = context.variables(reference.name);
        if (value === undefined) find(`uses ${written}, which is not set`, adviceFor(reference.name, is_code));
        settled += value ?? "";
        break;
      }
      case "output": {
        is_late = true;
        context.outputs.push({ task_id, upstream: reference.task_id, path: placeOf(), written });
        if (!late_fields.has(String(path[0]))) find(`cannot use ${written}: it is settled before any task runs`);
        if (shell === "shell_code") {
          const advice = "Put that script in single quotes: the inner shell reads the value from its environment.";
          find(`hands ${written} to another shell, where it would be code`, advice);
        } else if (shell === "foreign_code" || kind === "foreign_script") {
          const advice = 'Hand it over as an argument of its own, or by "env", and read it there.';
          find(`puts ${written} into a script, where it would be code`, advice);
        }
        break;
      }
      case "malformed":
        find(`has ${written}, which cannot be read: ${reference.why}`, "For a literal write $${.");
        break;
      default:
        unreachable(reference);
    }
  }
  return is_late ? undefined : settled;
}

function adviceFor(name: string, is_code: boolean): string {
  const shell = is_code ? ` If the shell is to fill it in, write $${name} or $\${${name}}.` : "";
  return `Set it with --var ${name}=…, in "vars" or in the environment.${shell}`;
}

/**
 * What the string at `path` of a raw task is: a script for a shell, into which values go by way of the environment only;
 * a script in another language, into which no output goes; or data.
 */
export function stringKind(
  raw: Readonly<Record<string, unknown>>,
  path: Path,
  shell_fields: readonly string[],
): ReturnType<typeof argumentKind> {
  const [field, key] = path;
  const is_command = field === "verify" || (field === "input_data" && shell_fields.includes(String(key)));
  if (!is_command) return "data";
  if (path.length === 2) return "shell_script";
  const list = (raw[String(field)] as Record<string | number, unknown> | undefined)?.[key ?? ""];
  return path.length === 3 && Array.isArray(list) ? argumentKind(list, Number(path[2])) : "data";
}

const referenceContexts = (script: string, pieces: readonly Piece[]) =>
  shellContexts(
    script,
    pieces.filter((piece): piece is ReferencePiece => piece.type === "reference").map(({ offset }) => offset),
  );

/**
 * The pieces of a shell's script. What the shell is meant to fill in stays text: a name that the task itself puts into
 * the environment of its command, what a backslash keeps from being ours, and what stands in a comment.
 */
export function splitScript(
  raw: Readonly<Record<string, unknown>>,
  path: Path,
  script: string,
  isTask: (task_id: string) => boolean,
): Piece[] {
  const pieces = splitTemplate(script, isTask);
  const contexts = referenceContexts(script, pieces);
  let at = 0;
  return pieces.map((piece): Piece => {
    if (piece.type === "text") return piece;
    const context = contexts[at++];
    const { reference, written } = piece;
    const is_shells =
      context === "comment" ||
      context === "escaped" ||
      (reference.type === "variable" && hasOwnVariable(raw, path, reference.name));
    return is_shells ? { type: "text", text: written } : piece;
  });
}

/** Whether the task's `env`, or that of its input, sets this name for the command at `path`. */
function hasOwnVariable(raw: Readonly<Record<string, unknown>>, path: Path, name: string): boolean {
  const has = (env: unknown): boolean => typeof env === "object" && env !== null && Object.hasOwn(env, name);
  const input = path[0] === "input_data" ? raw["input_data"] : undefined;
  return has(raw["env"]) || (typeof input === "object" && input !== null && "env" in input && has(input.env));
}

/** Variables inside the file's own strings outside its tasks, and in what names a task. */
export function interpolateStrings<Value>(
  value: Value,
  base: Path,
  context: { variables: Variables; findings: FindingList | undefined },
): Value {
  return mapStrings(value, (text, path) => {
    if (!mayHoldReference(text)) return text;
    const place = [...base, ...path];
    return splitTemplate(text, () => false)
      .map((piece) => {
        if (piece.type === "text") return piece.text;
        const { reference, written } = piece;
        const found = reference.type === "variable" ? context.variables(reference.name) : undefined;
        if (found !== undefined) return found;
        const name = pathName(place);
        context.findings?.add(
          reference.type === "variable"
            ? {
                path: place,
                message: `Invalid input format: ${name} uses ${written}, which is not set.`,
                advice: adviceFor(reference.name, false),
              }
            : {
                path: place,
                message: `Invalid input format: ${name} cannot use ${written}: it is settled before any task runs.`,
              },
        );
        return "";
      })
      .join("");
  });
}
