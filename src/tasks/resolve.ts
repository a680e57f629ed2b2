import * as z from "zod";
import { createFindings } from "./findings.ts";
import { splitScript, stringKind, type Variables } from "./interpolate.ts";
import type { Path } from "./places.ts";
import type { AgentInput, Task } from "./read-task.ts";
import { type CommandLine, task_schema } from "./schema.ts";
import { asText, mapStrings, mayHoldReference, type Piece, splitTemplate, valueAt } from "./template.ts";

/** Longest value that is passed to a command in the environment, in bytes; Linux allows 128 KiB per variable. */
const max_variable_bytes = 100_000;

/** The fields of a task that may refer to outputs, resolved. */
export interface ResolvedTask {
  description: string;
  input_data: Record<string, unknown>;
  verify: readonly CommandLine[];
  cwd: string | undefined;
  env: Readonly<Record<string, string>>;
  /** Values of `DISPATCH_V1`, `DISPATCH_V2` and so on, which commands read from the environment. */
  values: Readonly<Record<string, string>>;
}

/** The inputs of `resolveTask`. */
export interface ResolveContext {
  variables: Variables;
  agent: AgentInput;
  isTask(task_id: string): boolean;
  /** Returns the output of a task that succeeded. */
  output(task_id: string): { value: unknown } | undefined;
}

/** Checks the fields that outputs may change; the others are resolved and checked when the file is read. */
const late_schema = z.object({
  description: task_schema.shape.description,
  verify: task_schema.shape.verify,
  cwd: task_schema.shape.cwd,
  env: task_schema.shape.env,
});

/** Resolves the outputs and late variables in a task that is about to start; `problem` is one or more sentences. */
export function resolveTask(task: Task, context: ResolveContext): { resolved: ResolvedTask } | { problem: string } {
  const { unresolved, description, input_data, verify, cwd, env } = task;
  if (unresolved === undefined) return { resolved: { description, input_data, verify, cwd, env, values: {} } };
  const values: Record<string, string> = {};
  const names = new Map<string, string>();
  const problems = new Set<string>();

  const textOf = ({ reference, written }: Extract<Piece, { type: "reference" }>): string => {
    if (reference.type === "variable") return context.variables(reference.name) ?? "";
    if (reference.type === "malformed") return written;
    const output = context.output(reference.task_id);
    const value = output === undefined ? undefined : valueAt(output.value, reference.path);
    if (output === undefined) problems.add(`The task uses ${written}, but ${reference.task_id} has no output.`);
    else if (value === undefined)
      problems.add(
        `The task uses ${written}, but the output of ${reference.task_id} has no such value${describeContent(output.value, reference.path)}.`,
      );
    return asText(value);
  };

  /** Returns the environment variable that passes a value to a shell script, where it must never become code. */
  const variableOf = (piece: Extract<Piece, { type: "reference" }>): string => {
    const { written } = piece;
    const known = names.get(written);
    if (known !== undefined) return known;
    const value = textOf(piece);
    if (Buffer.byteLength(value) > max_variable_bytes)
      problems.add(`The value of ${written} is longer than 100 KB; read it from the file in $DISPATCH_INPUT_FILE.`);
    if (value.includes("\0"))
      problems.add(
        `The value of ${written} contains a NUL character, which an environment variable cannot; read it from the file in $DISPATCH_INPUT_FILE.`,
      );
    const name = `DISPATCH_V${names.size + 1}`;
    names.set(written, name);
    values[name] = value;
    return name;
  };

  const resolve = (text: string, path: Path): string => {
    if (!mayHoldReference(text)) return text;
    const is_script = stringKind(unresolved, path, context.agent.shell_fields) === "shell_script";
    const pieces = is_script ? splitScript(unresolved, path, text, context.isTask) : splitTemplate(text, context.isTask);
    return pieces
      .map((piece) => {
        if (piece.type === "text") return piece.text;
        return is_script ? `\${${variableOf(piece)}}` : textOf(piece);
      })
      .join("");
  };

  // The fields passed their schema before, and strings remain strings.
  const put = <Value>(field: string, value: Value): Value =>
    unresolved[field] === undefined ? value : (mapStrings(unresolved[field], resolve, [field]) as Value);
  const resolved: ResolvedTask = {
    description: put("description", description),
    input_data: put("input_data", input_data),
    verify: put("verify", verify),
    cwd: put("cwd", cwd),
    env: put("env", env),
    values,
  };
  if (problems.size === 0) for (const problem of schemaProblems(resolved, context.agent)) problems.add(problem);
  return problems.size === 0 ? { resolved } : { problem: [...problems].join(" ") };
}

/** Checks the resolved fields again: a value may be empty, or contain characters that a path or argument cannot. */
function schemaProblems(resolved: ResolvedTask, agent: AgentInput): string[] {
  const findings = createFindings();
  const fields = late_schema.safeParse(resolved, { reportInput: true });
  if (!fields.success) findings.addIssues(fields.error.issues, ["tasks", 0]);
  const input = agent.input.safeParse(resolved.input_data, { reportInput: true });
  if (!input.success) findings.addIssues(input.error.issues, ["tasks", 0, "input_data"]);
  return findings.kept.map(({ message }) => message.replace("Invalid input format: ", "After interpolation, "));
}

/** Describes briefly what the output has at the longest valid part of the path. Often the output is not JSON at all. */
function describeContent(output: unknown, path: readonly string[]): string {
  const known = path.findLastIndex((_, i) => valueAt(output, path.slice(0, i)) !== undefined);
  const [found, name] = [valueAt(output, path.slice(0, known)), known === 0 ? "it" : path.slice(0, known).join(".")];
  if (Array.isArray(found)) return `: ${name} is a list of ${found.length}`;
  if (typeof found !== "object" || found === null) return `: ${name} is ${JSON.stringify(found)?.slice(0, 60)}`;
  const keys = Object.keys(found);
  const is_tail = known === 0 && keys.includes("stdout") && keys.includes("truncated");
  const text = is_tail ? ", because stdout is not JSON, or too long to parse" : "";
  return `: ${name} has ${keys.length === 0 ? "no keys" : keys.slice(0, 8).join(", ")}${text}`;
}
