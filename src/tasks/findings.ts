import type * as z from "zod";
import { agentConfigSchema, config_schema, contextSchema, expectation } from "#config";
import { suggest, unreachable } from "#errors";
import { describeValue } from "./describe-value.ts";
import type { Finding, Path } from "./places.ts";
import { task_file_schema, task_schema } from "./schema.ts";

/** Findings that are kept; later ones are only counted. */
const max_kept = 1000;

/** Findings after which checking stops. */
const max_counted = 100_000;

/** The problems found in a task file. */
export interface FindingList {
  readonly kept: readonly Finding[];
  /** Number of findings, including those not kept. */
  readonly count: number;
  /** Further checks may stop: `max_counted` is reached. */
  readonly is_full: boolean;
  add(finding: Finding): void;
  /** Adds the issues of a schema. `base` is the path of the checked value. */
  addIssues(issues: readonly z.core.$ZodIssue[], base: Path, about?: IssueContext): void;
}

/** What the issues of a schema concern. */
export interface IssueContext {
  task_id?: string | undefined;
  /** Name of the checked value itself, for a message without a path. */
  root?: string;
  /** Keys of a task's input that contain a command. */
  shell_fields?: readonly string[];
}

/** Creates an empty list. */
export function createFindings(): FindingList {
  const kept: Finding[] = [];
  let count = 0;
  return {
    kept,
    get count() {
      return count;
    },
    get is_full() {
      return count >= max_counted;
    },
    add(finding) {
      count++;
      if (kept.length < max_kept) kept.push(finding);
    },
    addIssues(issues, base, about = {}) {
      if (kept.length >= max_kept) count += issues.length;
      else for (const finding of withoutRepeats(findingsOf(issues, base, about))) this.add(finding);
    },
  };
}

function findingsOf(issues: readonly z.core.$ZodIssue[], base: Path, about: IssueContext): Finding[] {
  const { task_id, root = "it" } = about;
  return issues.flatMap((issue): Finding[] => {
    const path = [...base, ...issue.path.map((step) => (typeof step === "symbol" ? String(step) : step))];
    const name = pathName(path, root);
    const finding = (what: string, advice?: string): Finding[] => [
      { path, task_id, message: `Invalid input format: ${name} ${what}.`, advice },
    ];
    switch (issue.code) {
      case "unrecognized_keys":
        return issue.keys.map((key) => ({
          path: [...path, key],
          at_key: true,
          task_id,
          message: `Invalid input format: unknown key ${JSON.stringify(key)}${path.length === 0 ? "" : ` in ${name}`}.`,
          advice: adviceForKey(key, path, about),
        }));
      case "invalid_type": {
        if (issue.input === undefined) return finding("is missing", adviceForMissing(path));
        const wanted = optionBounds(path) ?? `must be ${describeType(issue.expected)}`;
        const advice = path.length === 0 ? adviceForMissing(path) : adviceForType(issue.expected, issue.input, path);
        return finding(`${wanted}, not ${describeValue(issue.input)}`, advice);
      }
      case "invalid_value": {
        const known = issue.values.map(String);
        if (issue.input === undefined) return finding("is missing", `Use one of ${known.join(", ")}.`);
        const what = `must be one of ${known.join(", ")}, not ${describeValue(issue.input)}`;
        return finding(what, typeof issue.input === "string" ? suggest(issue.input, known, "") : undefined);
      }
      case "too_small":
      case "too_big": {
        const bound = optionBounds(path);
        return finding(bound === undefined ? describeBound(issue) : `${bound}, not ${describeValue(issue.input)}`);
      }
      case "invalid_key":
        return [{ ...finding(issue.issues[0]?.message ?? "is not an allowed name")[0], path, at_key: true } as Finding];
      case "invalid_union": {
        if (issue.input === undefined) return finding("is missing", adviceForMissing(path));
        return finding(issue.message.startsWith("Invalid input") ? "has an invalid form" : issue.message);
      }
      case "invalid_format":
        return finding(`${issue.message}, not ${describeValue(issue.input)}`);
      case "custom":
        return finding(issue.message, typeof issue.params?.["advice"] === "string" ? issue.params["advice"] : undefined);
      case "not_multiple_of":
      case "invalid_element":
        return finding(issue.message);
      default:
        return unreachable(issue);
    }
  });
}

/** Drops repeated messages: a number that violates two bounds is one mistake. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const messages = new Set<string>();
  return findings.filter(({ message }) => !messages.has(message) && messages.add(message));
}

/** Names a path: `config.max_workers`, or `input_data.command` inside a task, which the message names separately. */
export function pathName(path: Path, root = "it"): string {
  const inside = path[0] === "tasks" && typeof path[1] === "number" ? path.slice(2) : path;
  if (path.length === 0) return root;
  if (inside.length === 0) return `tasks[${path[1]}]`;
  return inside
    .map((step, i) => {
      if (typeof step === "string" && /^[\w.-]+$/.test(step)) return i === 0 ? step : `.${step}`;
      return `[${JSON.stringify(step)}]`;
    })
    .join("");
}

function adviceForKey(key: string, path: Path, about: IssueContext): string | undefined {
  const is_config = about.root === "the configuration" || path[0] === "config";
  const is_task = path[0] === "tasks" && path.length === 2;
  if (is_config) {
    const inside = path[0] === "config" ? path.slice(1) : path;
    if (inside[0] === "agents" && inside.length === 2) return suggest(key, Object.keys(agentConfigSchema().shape));
    if (inside.at(-1) === "context") return suggest(key, Object.keys(contextSchema().shape));
    return suggest(key, inside.length > 0 ? [] : Object.keys(config_schema.shape));
  }
  if (path.length > 0 && !is_task) return suggest(key, []);
  if (is_task && about.shell_fields?.includes(key) === true) return 'Move it to "input_data".';
  if (key in config_schema.shape) return 'Move it to "config".';
  if (!is_task && key in task_schema.shape) return "Move it to a task.";
  if (is_task && key in agentConfigSchema().shape) {
    return `It is a setting of an agent: define one in config.agents, such as "mine": {"adapter": "claude", "${key}": …}, and use that agent.`;
  }
  return suggest(key, Object.keys(is_task ? task_schema.shape : task_file_schema.shape));
}

function describeType(expected: string): string {
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

/** Returns the bounds of a configured number, as the option table words them. */
function optionBounds(path: Path): string | undefined {
  const is_option =
    path.length === 1 || (path[0] === "config" && path.length === 2) || (path[0] === "tasks" && path.length === 3);
  const last = path.at(-1);
  switch (is_option ? last : undefined) {
    case "max_workers":
    case "timeout_seconds":
    case "retries":
      return `must be ${expectation(last as "max_workers" | "timeout_seconds" | "retries")}`;
    default:
      return undefined;
  }
}

function describeBound(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  if (issue.origin === "number" || issue.origin === "int")
    return issue.code === "too_big" ? `must be at most ${issue.maximum}` : `must be at least ${issue.minimum}`;
  const unit = issue.origin === "string" ? " characters" : issue.origin === "array" ? " entries" : "";
  if (issue.code === "too_big") return `must have at most ${issue.maximum}${unit}`;
  return issue.minimum === 1 ? "must not be empty" : `must have at least ${issue.minimum}${unit}`;
}

/** Suggests the right form for a string that is written where a list or an object belongs. */
function adviceForType(expected: string, written: unknown, path: Path): string | undefined {
  if (typeof written !== "string" || written.length > 80) return undefined;
  const is_of_agent = path.at(-3) === "agents";
  if (expected === "array" && path.length > 1) {
    // An agent's program is started without a shell: each word is an entry.
    const words = is_of_agent ? written.trim().split(/\s+/) : [written];
    return `Write [${words.map((word) => JSON.stringify(word)).join(", ")}].`;
  }
  const is_agent = expected === "object" && path.at(-2) === "agents";
  return is_agent ? `Write {"adapter": ${JSON.stringify(written)}}.` : undefined;
}

function adviceForMissing(path: Path): string | undefined {
  switch (path.at(-1)) {
    case undefined:
      return 'Write an object, such as {"tasks": [...]}.';
    case "tasks":
      return 'Add a list of tasks, such as "tasks": [{"task_id": "test", "agent": "command", "input_data": {"command": "npm test"}}].';
    case "task_id":
      return 'Add a unique id, such as "task_id": "test".';
    case "agent":
      return 'Add an agent, such as "agent": "command"; `dispatch agents` lists them.';
    case "command":
      return 'Add a script, "command": "npm test", or a program with its arguments, "command": ["npm", "test"].';
    default:
      return undefined;
  }
}
