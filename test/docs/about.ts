/** What the tables of docs/ say of things that have no schema. The types keep each list complete. */
import type { adapters } from "#config";
import type { ErrorKind, TaskStatus } from "#events";

/** Error kinds: the statuses that a task with it can have, and what it means. */
export const error_kinds_about: Readonly<Record<ErrorKind, { statuses: readonly TaskStatus[]; meaning: string }>> = {
  exit: { statuses: ["error"], meaning: "The command exited with a code other than 0." },
  signal: { statuses: ["error"], meaning: "A signal that dispatch did not send killed the command or the agent." },
  timeout: { statuses: ["error"], meaning: "The attempt took longer than `timeout_seconds`." },
  spawn: { statuses: ["error"], meaning: "The program was not found, or could not be started." },
  agent: { statuses: ["error"], meaning: "The agent reported a failure, or ended without completing its turn." },
  auth: { statuses: ["error"], meaning: "The agent is not signed in, or its credentials were refused." },
  rate_limited: { statuses: ["error"], meaning: "The agent's rate limit did not clear. Waiting for a limit uses up no retry." },
  invalid_output: { statuses: ["error"], meaning: "The output is missing, is not JSON, or does not fit `output_schema`." },
  verify: { statuses: ["error"], meaning: "A `verify` command exited with a code other than 0." },
  undeclared_write: { statuses: ["error"], meaning: "Reserved: the task changed files that it did not declare." },
  conflict: { statuses: ["error"], meaning: "Reserved: the task's changes conflict with those of another task." },
  lost: { statuses: ["error"], meaning: "Reserved: the worker that ran the attempt is gone." },
  budget: {
    statuses: ["error", "skipped"],
    meaning: "The budget does not cover another attempt, or the agent reached its share of it.",
  },
  dependency: {
    statuses: ["skipped", "error"],
    meaning: "A dependency did not succeed, or its output lacks a value that the task refers to.",
  },
  condition: { statuses: ["skipped"], meaning: "Reserved: the task's condition was not met." },
  approval: { statuses: ["skipped", "error"], meaning: "Reserved: a person did not approve the task." },
  context: { statuses: ["error"], meaning: "Context is missing and `context.strict` is set, or it could not be read." },
  cancelled: { statuses: ["cancelled"], meaning: "`fail_fast` stopped the task because another one failed." },
  interrupted: { statuses: ["cancelled"], meaning: "A signal, a crash or the calling program stopped the run." },
  internal: { statuses: ["error"], meaning: "dispatch itself failed, for example because a log file could not be written." },
};

/** Exit codes of every command. */
export const exit_codes_about: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "Every task succeeded. For other commands: there were no problems."],
  ["1", "At least one task did not succeed, or the result could not be written."],
  ["2", "The task file, the configuration or the command line is wrong. No task was started."],
  ["3", "Reserved: a wait ended, and the run is still running."],
  ["4", "Reserved: the run waits for a person."],
  [
    "129, 130, 143",
    "SIGHUP, SIGINT (Ctrl-C) or SIGTERM stopped the run: 128 plus the signal's number. The result is still written.",
  ],
];

/** Flags of configuration keys that the option table does not hold. */
export const further_flags: readonly (readonly [key: string, flags: readonly string[]])[] = [
  ["agents", ["--agent"]],
  ["context.enabled", ["--enable-context", "--no-context"]],
  ["context.strict", ["--strict-context"]],
];

/** Variables that dispatch reads, besides those of the option table. */
export const read_variables: readonly (readonly [name: string, meaning: string])[] = [
  ["`DISPATCH_SPAWN`", "`node` makes Node start every command, as if `koffi` were missing; no other value"],
  ["`NO_COLOR`", "If set, output has no colors"],
  ["`FORCE_COLOR`", "If set, output has colors, even in a pipe"],
  ["`CI`", "If set, progress is printed as plain lines"],
  ["`COLUMNS`", "Width of drawings in a pipe; 100 by default"],
  ["`GITHUB_STEP_SUMMARY`", "The file that `--report github` appends its summary to"],
  ["`XDG_CACHE_HOME`", "Where the search index goes if the workspace cannot be written"],
  ["any name", "The value of `${NAME}` in the task file, unless `--var` or `vars` sets it"],
];

/** Variables that every command and agent gets. */
export const given_variables: readonly (readonly [name: string, meaning: string])[] = [
  ["`DISPATCH_RUN_ID`", "The run's id"],
  ["`DISPATCH_TASK_ID`", "The task's id"],
  ["`DISPATCH_ATTEMPT`", "The number of the attempt, from 1"],
  ["`DISPATCH_INPUT_FILE`", "A JSON file with the task's input, `upstream_results` and `upstream_failures`"],
  ["`DISPATCH_OUTPUT_FILE`", "Where the task may write its output as JSON, instead of stdout"],
  ["`DISPATCH_CONTEXT_FILE`", "A JSON file with the task's context; set only if the task has context"],
  ["`DISPATCH_TOKEN`", "Marks the processes of this run, so that dispatch can find and stop them; not a secret"],
  ["`DISPATCH_V1`, `DISPATCH_V2`, …", "The values of `${…}` references in the task's shell commands"],
];

/** Adapters: what each runs and what it supports. */
export const adapters_about: Readonly<
  Record<(typeof adapters)[number], { runs: string; session: string; schema: string; cost: string }>
> = {
  claude: {
    runs: "Claude Code 2.1 or newer (`claude`)",
    session: "continue the session",
    schema: "its own flag for plain object schemas, otherwise the prompt",
    cost: "reported",
  },
  codex: {
    runs: "Codex 0.100 or newer (`codex`)",
    session: "continue the session",
    schema: "its own flag if the schema is closed, otherwise the prompt",
    cost: "from `price`",
  },
  gemini: {
    runs: "Gemini CLI 0.40 or newer (`gemini`)",
    session: "continue the session",
    schema: "the prompt",
    cost: "from `price`",
  },
  opencode: {
    runs: "OpenCode 1.0 or newer (`opencode`)",
    session: "continue the session",
    schema: "the prompt",
    cost: "reported if it knows the model, otherwise from `price`",
  },
  acp: {
    runs: 'any agent that speaks the Agent Client Protocol: `command`, such as `["opencode", "acp"]`',
    session: "continue the session if the agent can load it",
    schema: "the prompt",
    cost: "reported by some agents, otherwise from `price`",
  },
  api: {
    runs: "a model's endpoint, without tools: `provider`, `base_url`, `model`, `api_key_env`",
    session: "start again, with the reason for the failure",
    schema: "the endpoint",
    cost: "from `price`",
  },
};
