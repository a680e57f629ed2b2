import { unreachable } from "#errors";
import { type FindingList, pathName } from "./findings.ts";
import type { Path } from "./places.ts";
import { task_schema } from "./schema.ts";
import { argumentKind, shellContexts } from "./shell.ts";
import { mapStrings, mayHoldReference, type Piece, splitTemplate } from "./template.ts";

/** Looks up the value of `${NAME}`. */
export type Variables = (name: string) => string | undefined;

/** Fields of a task that may refer to outputs of other tasks; the others are resolved when the file is read. */
const late_fields = new Set(["description", "input_data", "verify", "cwd", "env"]);

/** Data and schemas, in which `${…}` is not a reference. */
const untouched_fields = new Set(["metadata", "output_schema"]);

/** A reference with its place in a string. */
type ReferencePiece = Extract<Piece, { type: "reference" }>;

/** A reference to another task's output. */
export interface OutputReference {
  /** The task that contains it; undefined if that has no valid id. */
  task_id: string | undefined;
  /** The task whose output it names. */
  upstream: string;
  path: Path;
  written: string;
}

/** The inputs of interpolation, and the lists that it adds to. */
export interface InterpolationContext {
  variables: Variables;
  isTask(task_id: string): boolean;
  findings: FindingList;
  outputs: OutputReference[];
}

/** A task as parsed, with what is known before its strings are resolved. */
export interface RawTask {
  raw: Readonly<Record<string, unknown>>;
  /** Its position in the file. */
  position: number;
  task_id: string | undefined;
  /** Keys of `input_data` that contain a command line. */
  shell_fields: readonly string[];
}

/** A task with the variables in its strings resolved. */
export interface Interpolated {
  /** The raw task with each resolved string replaced. */
  value: Readonly<Record<string, unknown>>;
  /** Some string refers to an output, or is code that reads its values from the environment when the task starts. */
  is_late: boolean;
}

/** Creates a function that resolves the variables in a raw task's strings and reports invalid references. */
export function createInterpolator(context: InterpolationContext): (task: RawTask) => Interpolated {
  /** The current task; a closure for each of 100,000 tasks would cost more than the work itself. */
  let task: RawTask = { raw: {}, position: 0, task_id: undefined, shell_fields: [] };
  let is_late = false;

  const resolve = (text: string, path: Path): string => {
    if (!mayHoldReference(text)) return text;
    const resolved = resolveString(text, path, task, context);
    if (resolved !== undefined) return resolved;
    is_late = true;
    return text;
  };

  // Unknown keys are reported as such; their strings are not checked.
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
      const mapped = mapStrings(written, resolve, path);
      if (mapped === written) continue;
      value ??= { ...raw };
      value[key] = mapped;
    }
    return { value: value ?? raw, is_late };
  };
}

/** Returns the string with its variables resolved; undefined if it can be resolved only when the task starts. */
function resolveString(text: string, path: Path, task: RawTask, context: InterpolationContext): string | undefined {
  const { raw, position, task_id } = task;
  const kind = stringKind(raw, path, task.shell_fields);
  const is_code = kind === "shell_script";
  const pieces = is_code ? splitScript(raw, path, text, context.isTask) : splitTemplate(text, context.isTask);
  const contexts = is_code ? referenceContexts(text, pieces) : undefined;
  const placeOf = (): Path => ["tasks", position, ...path];
  const report = (what: string, advice?: string): void => {
    const place = placeOf();
    context.findings.add({ path: place, task_id, message: `Invalid input format: ${pathName(place)} ${what}.`, advice });
  };
  let is_late = is_code;
  let resolved = "";
  let at = 0;
  for (const piece of pieces) {
    if (piece.type === "text") {
      resolved += piece.text;
      continue;
    }
    const { reference, written } = piece;
    const shell = contexts?.[at++];
    if (shell === "literal") {
      report(
        `has ${written} in single quotes, where the shell does not expand it`,
        `Close the quotes before it and put it in double quotes: '…'"${written}"'…'. For the literal text, write $${written}.`,
      );
      continue;
    }
    switch (reference.type) {
      case "variable": {
        const value = context.variables(reference.name);
        if (value === undefined) report(`uses ${written}, which is not set`, adviceFor(reference.name, is_code));
        resolved += value ?? "";
        break;
      }
      case "output": {
        is_late = true;
        context.outputs.push({ task_id, upstream: reference.task_id, path: placeOf(), written });
        if (!late_fields.has(String(path[0]))) report(...tooEarly(written));
        if (shell === "shell_code") {
          const advice = "Put that script in single quotes: the inner shell reads the value from its environment.";
          report(`passes ${written} to another shell, where it would be code`, advice);
        } else if (shell === "foreign_code" || kind === "foreign_script") {
          const advice = 'Pass it as a separate argument or in "env", and read it in the script.';
          report(`puts ${written} into a script, where it would be code`, advice);
        }
        break;
      }
      case "malformed":
        report(`has the invalid reference ${written}: ${reference.why}`, "For the literal text, write $${.");
        break;
      default:
        unreachable(reference);
    }
  }
  return is_late ? undefined : resolved;
}

function adviceFor(name: string, is_code: boolean): string {
  const shell = is_code ? ` To use a shell variable, write $${name} or $\${${name}}.` : "";
  return `Set it with --var ${name}=…, in "vars" or in the environment.${shell}`;
}

/** The message and advice for an output that is used in a field resolved when the file is read. */
const tooEarly = (written: string): [what: string, advice: string] => [
  `cannot use ${written}: dispatch resolves this field before any task runs`,
  "Outputs can be used in a task's description, input_data, verify, cwd and env.",
];

/**
 * Classifies the string at `path` of a raw task: a shell script, which gets values only through the environment; a
 * script in another language, which gets no outputs; or data.
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
 * Splits a shell script. References meant for the shell remain text: variables that the task's own `env` sets for the
 * command, references escaped by a backslash, and those in comments.
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
    const is_for_shell =
      context === "comment" ||
      context === "escaped" ||
      (reference.type === "variable" && hasOwnVariable(raw, path, reference.name));
    return is_for_shell ? { type: "text", text: written } : piece;
  });
}

/** Whether the task's `env`, or the `env` of its input, sets this name for the command at `path`. */
function hasOwnVariable(raw: Readonly<Record<string, unknown>>, path: Path, name: string): boolean {
  const has = (env: unknown): boolean => typeof env === "object" && env !== null && Object.hasOwn(env, name);
  const input = path[0] === "input_data" ? raw["input_data"] : undefined;
  return has(raw["env"]) || (typeof input === "object" && input !== null && "env" in input && has(input.env));
}

/** Resolves the variables in strings outside of tasks, and in task ids and agent names. */
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
        const [what, advice] =
          reference.type === "variable"
            ? [`uses ${written}, which is not set`, adviceFor(reference.name, false)]
            : tooEarly(written);
        context.findings?.add({ path: place, message: `Invalid input format: ${pathName(place)} ${what}.`, advice });
        return "";
      })
      .join("");
  });
}
