import { basename } from "node:path";
import { nameOf, suggest } from "./findings.ts";
import type { Finding, Path } from "./places.ts";
import { mapStrings, mayHoldReference, splitTemplate } from "./template.ts";

/** Looks a `${NAME}` up. */
export type Variables = (name: string) => string | undefined;

/** The fields of a task whose strings may hold what other tasks produced; the others are settled when the file is read. */
const late_fields = new Set(["description", "input_data", "verify", "cwd", "env"]);

/** These are data or schemas, never text of ours. */
const untouched_fields = new Set(["metadata", "output_schema"]);

const shells = new Set(["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish"]);

/** A task after its variables went in. */
export interface Interpolated {
  /** The raw task with each settled string replaced. */
  value: unknown;
  /** Some string waits for an output, or is code and gets its values from the environment when the task starts. */
  is_late: boolean;
  /** The tasks whose outputs it names. */
  outputs: { task_id: string; path: Path; written: string }[];
  findings: Finding[];
}

/** Puts variables into a raw task's strings and finds the references that cannot hold. */
export function interpolateTask(
  raw: Readonly<Record<string, unknown>>,
  base: Path,
  context: { variables: Variables; isTask: (task_id: string) => boolean; code_fields: readonly string[] },
): Interpolated {
  const result: Interpolated = { value: raw, is_late: false, outputs: [], findings: [] };
  const task_id = typeof raw["task_id"] === "string" ? raw["task_id"] : undefined;

  const settle = (text: string, path: (string | number)[]): string => {
    if (!mayHoldReference(text)) return text;
    const place = [...base, ...path];
    const name = nameOf(place);
    const code = isCode(raw, path, context.code_fields);
    let is_late = code;
    let settled = "";
    for (const piece of splitTemplate(text, context.isTask)) {
      if (piece.type === "text") {
        settled += piece.text;
        continue;
      }
      const { reference, written } = piece;
      const find = (message: string, advice?: string): void => {
        result.findings.push({ path: place, task_id, message, advice });
      };
      switch (reference.type) {
        case "variable": {
          const value = context.variables(reference.name);
          if (value === undefined) find(`${name} uses ${written}, which is not set.`, adviceFor(reference.name, code));
          settled += value ?? "";
          break;
        }
        case "output":
          is_late = true;
          if (!late_fields.has(String(path[0]))) find(`${name} cannot use ${written}: it is settled before any task runs.`);
          result.outputs.push({ task_id: reference.task_id, path: place, written });
          break;
        case "malformed":
          find(`${name} has ${written}, which cannot be read: ${reference.why}.`);
          break;
      }
    }
    if (!is_late) return settled;
    result.is_late = true;
    return text;
  };

  result.value = Object.fromEntries(
    Object.entries(raw).map(([key, value]) => [key, untouched_fields.has(key) ? value : mapStrings(value, settle, [key])]),
  );
  return result;
}

function adviceFor(name: string, code: boolean): string {
  const shell = code ? ` If the shell is to fill it in, write $${name} or $\${${name}}.` : "";
  return `Set it with --var ${name}=…, in "vars" or in the environment.${shell}`;
}

/** Whether the string at `path` of a raw task is run by a shell: values go into it by way of the environment only. */
export function isCode(raw: Readonly<Record<string, unknown>>, path: Path, code_fields: readonly string[]): boolean {
  const [field, key] = path;
  const is_command = field === "verify" || (field === "input_data" && code_fields.includes(String(key)));
  if (!is_command) return false;
  if (path.length === 2) return true;
  const list = (raw[String(field)] as Record<string | number, unknown> | undefined)?.[key ?? ""];
  return path.length === 3 && Array.isArray(list) && isShellScript(list, Number(path[2]));
}

/** Whether argument `at` is the script of `["sh", "-c", script]`. */
function isShellScript(command: readonly unknown[], at: number): boolean {
  const words = command.slice(0, at).map((word) => (typeof word === "string" ? word : ""));
  const shell = words.findIndex((word) => shells.has(basename(word)));
  return shell !== -1 && words.slice(shell + 1).length > 0 && /^-[a-zA-Z]*c$/.test(words.at(-1) ?? "");
}

/** Variables inside the file's own strings outside its tasks. */
export function interpolateStrings(value: unknown, base: Path, variables: Variables): { value: unknown; findings: Finding[] } {
  const findings: Finding[] = [];
  const mapped = mapStrings(value, (text, path) => {
    if (!mayHoldReference(text)) return text;
    const place = [...base, ...path];
    return splitTemplate(text, () => false)
      .map((piece) => {
        if (piece.type === "text") return piece.text;
        const { reference, written } = piece;
        if (reference.type === "variable") {
          const found = variables(reference.name);
          if (found !== undefined) return found;
          findings.push({
            path: place,
            message: `${nameOf(place)} uses ${written}, which is not set.`,
            advice: adviceFor(reference.name, false),
          });
        } else {
          findings.push({
            path: place,
            message: `${nameOf(place)} cannot use ${written}: it is settled before any task runs.`,
          });
        }
        return "";
      })
      .join("");
  });
  return { value: mapped, findings };
}

/** Says which task a reference may have meant. */
export const unknownOutput = (task_id: string, known: readonly string[]): string => suggest(task_id, known);
