import { closest, distance } from "fastest-levenshtein";
import type * as z from "zod";
import { config_schema, expectation } from "#config";
import { unreachable } from "#errors";
import type { Finding, Path } from "./places.ts";
import { task_file_schema, task_schema } from "./schema.ts";

/** The known name nearest to what was written, if it is near. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const best = closest(written.toLowerCase(), [...known]);
  return distance(written.toLowerCase(), best.toLowerCase()) <= Math.max(2, best.length / 3) ? best : undefined;
}

/** "Did you mean …?", or all that is known where nothing is near. */
export function suggest(written: string, known: readonly string[]): string {
  const near = nearest(written, known);
  if (near !== undefined) return `Did you mean ${JSON.stringify(near)}?`;
  const listed = known.length > 20 ? [...known.slice(0, 20), "…"] : known;
  return known.length === 0 ? "Remove it." : `Known: ${listed.join(", ")}.`;
}

/** What a schema found, as findings. `base` is the way to the value that was checked; `root` its name where it has none. */
export function findingsOf(issues: readonly z.core.$ZodIssue[], base: Path, task_id?: string, root = "it"): Finding[] {
  return issues.flatMap((issue): Finding[] => {
    const path = [...base, ...issue.path.map((step) => (typeof step === "symbol" ? String(step) : step))];
    const name = nameOf(issue.path.length === 0 && base.length === 0 ? [] : path, root);
    const finding = (message: string, advice?: string): Finding[] => [
      { path, task_id, message: `Invalid input format: ${message}.`, advice },
    ];
    switch (issue.code) {
      case "unrecognized_keys":
        return issue.keys.map((key) => ({
          path: [...path, key],
          at_key: true,
          task_id,
          message: `Invalid input format: unknown key ${JSON.stringify(key)}${path.length === 0 ? "" : ` in ${name}`}.`,
          advice: suggest(key, knownKeys(path, root)),
        }));
      case "invalid_type": {
        const missing = issue.input === undefined;
        return finding(missing ? `${name} is missing` : `${name} must be ${article(issue.expected)}`, adviceFor(path, missing));
      }
      case "invalid_value": {
        const known = issue.values.map(String);
        const written = typeof issue.input === "string" ? ` ${suggest(issue.input, known)}` : "";
        return finding(`${name} must be one of ${known.join(", ")}`, written.trim() || undefined);
      }
      case "too_small":
      case "too_big":
        return finding(`${name} ${boundOf(path) ?? sizeOf(issue)}`);
      case "invalid_key":
        return finding(`${name}: ${issue.issues[0]?.message ?? "the name is not allowed"}`);
      case "invalid_union": {
        const custom = issue.message.startsWith("Invalid input") ? undefined : issue.message;
        return finding(`${name} ${custom ?? "has a form that is not allowed"}`);
      }
      case "invalid_format":
      case "custom":
      case "not_multiple_of":
      case "invalid_element":
        return finding(`${name} ${issue.message}`);
      default:
        return unreachable(issue);
    }
  });
}

/** `config.max_workers`, or `input_data.command` in a task: the task itself is named beside it. */
export function nameOf(path: Path, root = "it"): string {
  const inside = path[0] === "tasks" && typeof path[1] === "number" ? path.slice(2) : path;
  if (path.length === 0) return root;
  if (inside.length === 0) return "the task";
  return inside.map((step, i) => (typeof step === "number" ? `[${step}]` : i === 0 ? step : `.${step}`)).join("");
}

function knownKeys(path: Path, root: string): string[] {
  if (path.length === 0) return Object.keys(root === "the configuration" ? config_schema.shape : task_file_schema.shape);
  if (path[0] === "config" && path.length === 1) return Object.keys(config_schema.shape);
  if (path[0] === "tasks" && path.length === 2) return Object.keys(task_schema.shape);
  return [];
}

function article(expected: string): string {
  switch (expected) {
    case "int":
      return "a whole number";
    case "array":
      return "a list";
    case "object":
    case "record":
      return "an object";
    case "boolean":
      return "true or false";
    default:
      return `a ${expected}`;
  }
}

/** The bounds of a configured number, which the option table words once. */
function boundOf(path: Path): string | undefined {
  const last = path.at(-1);
  if (path[0] !== "config" && (path[0] !== "tasks" || path.length !== 3)) return undefined;
  switch (last) {
    case "max_workers":
    case "timeout_seconds":
    case "retries":
      return `must be ${expectation(last)}`;
    default:
      return undefined;
  }
}

function sizeOf(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const unit = issue.origin === "string" ? " characters" : issue.origin === "array" ? " entries" : "";
  if (issue.code === "too_big") return `must have at most ${issue.maximum}${unit}`;
  return issue.minimum === 1 ? "must not be empty" : `must have at least ${issue.minimum}${unit}`;
}

function adviceFor(path: Path, missing: boolean): string | undefined {
  if (path.length === 0) return 'Give {"tasks": [...]}.';
  if (path.at(-1) === "command" && missing)
    return 'Give a script, "command": "npm test", or a program with its arguments, "command": ["npm", "test"].';
  return undefined;
}
