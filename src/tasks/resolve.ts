import { isCode, type Variables } from "./interpolate.ts";
import type { Task } from "./load.ts";
import { type CommandLine, env_schema } from "./schema.ts";
import { asText, mapStrings, mayHoldReference, splitTemplate, valueAt } from "./template.ts";

/** Longest value that goes into a command by way of the environment, in bytes; Linux allows 128 KiB a variable. */
const max_variable_bytes = 100_000;

/** The parts of a task that may depend on other tasks' outputs, ready to be used. */
export interface ResolvedTask {
  description: string;
  input_data: Record<string, unknown>;
  verify: readonly CommandLine[];
  cwd: string | undefined;
  env: Readonly<Record<string, string>>;
  /** DISPATCH_V1 and so on: the values that commands take from the environment. */
  values: Readonly<Record<string, string>>;
}

/** What a task is resolved with. */
export interface ResolveContext {
  variables: Variables;
  code_fields: readonly string[];
  isTask(task_id: string): boolean;
  /** The output of a task that has succeeded. */
  output(task_id: string): { value: unknown } | undefined;
}

/** Puts outputs into a task that is about to start; `problem` is a sentence, where a value is not there. */
export function resolveTask(task: Task, context: ResolveContext): { resolved: ResolvedTask } | { problem: string } {
  const { late, description, input_data, verify, cwd, env } = task;
  if (late === undefined) return { resolved: { description, input_data, verify, cwd, env, values: {} } };
  const { code_fields } = context;
  const values: Record<string, string> = {};
  const names = new Map<string, string>();
  const problems: string[] = [];

  const textOf = (reference: Exclude<ReturnType<typeof splitTemplate>[number], { type: "text" }>): string => {
    const { reference: to, written } = reference;
    if (to.type === "variable") return context.variables(to.name) ?? "";
    if (to.type === "malformed") return written;
    const output = context.output(to.task_id);
    const value = output === undefined ? undefined : valueAt(output.value, to.path);
    if (value === undefined) {
      problems.push(
        output === undefined
          ? `It uses ${written}, but ${to.task_id} has no output.`
          : `It uses ${written}, but the output of ${to.task_id} has nothing there.`,
      );
    }
    return asText(value);
  };

  const resolve = (text: string, path: (string | number)[]): string => {
    if (!mayHoldReference(text)) return text;
    const code = isCode(late, path, code_fields);
    return splitTemplate(text, context.isTask)
      .map((piece) => {
        if (piece.type === "text") return piece.text;
        if (!code) return textOf(piece);
        const known = names.get(piece.written);
        if (known !== undefined) return `\${${known}}`;
        const value = textOf(piece);
        if (Buffer.byteLength(value) > max_variable_bytes) {
          problems.push(`The value of ${piece.written} is longer than 100 KB; read it from the file in $DISPATCH_INPUT_FILE.`);
        }
        const name = `DISPATCH_V${names.size + 1}`;
        names.set(piece.written, name);
        values[name] = value;
        return `\${${name}}`;
      })
      .join("");
  };

  // The same fields passed their schema as written, and strings stay strings.
  const put = <Value>(field: string, value: Value): Value =>
    late[field] === undefined ? value : (mapStrings(late[field], resolve, [field]) as Value);
  const resolved: ResolvedTask = {
    description: put("description", description),
    input_data: put("input_data", input_data),
    verify: put("verify", verify),
    cwd: put("cwd", cwd),
    env: put("env", env),
    values,
  };
  if (!env_schema.safeParse(resolved.env).success || resolved.cwd?.includes("\0") === true) {
    problems.push("A value for its environment or folder holds a NUL character.");
  }
  return problems.length === 0 ? { resolved } : { problem: [...new Set(problems)].join(" ") };
}
