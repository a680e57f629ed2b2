import type { AgentEvent } from "#agents";
import type { Usage } from "#events";
import type { Permissions } from "../turn/permissions.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { countOf, type Fields, fieldsOf, listOf, textOf } from "../turn/untyped-json.ts";
import type { Program } from "./program.ts";

const modes: Readonly<Record<Permissions, readonly string[]>> = {
  "read-only": ["--permission-mode", "dontAsk", "--tools", "Read,Grep,Glob"],
  edit: ["--permission-mode", "acceptEdits"],
  full: ["--permission-mode", "bypassPermissions"],
};

/** Tools that change the file named in their input. */
const editing_tools = new Set(["Write", "Edit", "MultiEdit", "NotebookEdit"]);

/** Longest schema passed on the command line; the system limits one argument to 128 KiB. */
const max_schema_bytes = 100_000;

/** Error kinds of the subtypes that report one of its own limits; other subtypes explain nothing. */
const error_kinds: Readonly<Record<string, "budget" | "invalid_output">> = {
  error_max_budget_usd: "budget",
  error_max_structured_output_retries: "invalid_output",
};

/** Claude Code. It loads the user's settings, hooks and servers; those of the workspace only if the user trusts it. */
export const claude: Program = {
  name: "claude",
  title: "Claude Code",
  file: "claude",
  package_name: "@anthropic-ai/claude-code",
  min_version: "2.1.0",
  env_prefixes: ["ANTHROPIC_", "CLAUDE_"],
  reports_cost: true,
  sign_in: "Run `claude` once and sign in, or set ANTHROPIC_API_KEY.",
  credentials: {
    variables: [
      "ANTHROPIC_API_KEY",
      "ANTHROPIC_AUTH_TOKEN",
      "CLAUDE_CODE_OAUTH_TOKEN",
      "CLAUDE_CODE_USE_BEDROCK",
      "CLAUDE_CODE_USE_VERTEX",
    ],
    file: { variable: "CLAUDE_CONFIG_DIR", folder: ".claude", name: ".credentials.json" },
  },
  capabilities: ["code", "edit-files", "shell", "read-files", "review", "plan"],
  enforces: canBeToolInput,
  start({ session_id, model, permissions, schema, budget_usd, trusted_folders }) {
    return {
      args: [
        "-p",
        "--output-format",
        "stream-json",
        "--verbose",
        ...modes[permissions],
        ...(trusted_folders.length > 0 ? [] : ["--setting-sources", "user", "--strict-mcp-config"]),
        ...(model === undefined ? [] : ["--model", model]),
        ...(session_id === undefined ? [] : ["--resume", session_id]),
        ...(schema === undefined ? [] : ["--json-schema", JSON.stringify(schema.value)]),
        ...(budget_usd === undefined ? [] : ["--max-budget-usd", String(budget_usd)]),
      ],
    };
  },
  handle(event, turn) {
    turn.session_id = textOf(event["session_id"]) ?? turn.session_id;
    switch (event["type"]) {
      case "system":
        if (event["subtype"] === "init") turn.model = textOf(event["model"]) ?? turn.model;
        return [];
      case "assistant":
        return handleMessage(event, turn);
      case "user":
        handleToolResults(event, turn);
        return [];
      case "rate_limit_event": {
        const { status, resetsAt } = fieldsOf(event["rate_limit_info"]);
        if (status === "rejected") {
          const retry_at = countOf(resetsAt) === 0 ? undefined : countOf(resetsAt) * 1000;
          turn.failure = { message: "The plan's usage limit was reached", http_status: 429, retry_at };
        }
        return [];
      }
      case "result":
        handleResult(event, turn);
        return turn.usage === undefined ? [] : [{ type: "agent.usage", usage: turn.usage }];
      default:
        return [];
    }
  },
};

function handleMessage(event: Fields, turn: TurnState): AgentEvent[] {
  const is_subagent = typeof event["parent_tool_use_id"] === "string";
  return listOf(fieldsOf(event["message"])["content"]).flatMap((part): AgentEvent[] => {
    const { type, text, id, name, input } = fieldsOf(part);
    const message_text = textOf(text);
    if (type === "text" && message_text !== undefined)
      return is_subagent ? [] : [{ type: "agent.message", text: message_text }];
    const tool = textOf(name);
    if (type !== "tool_use" || tool === undefined) return [];
    const { file_path, notebook_path } = fieldsOf(input);
    const file = textOf(file_path) ?? textOf(notebook_path);
    if (editing_tools.has(tool) && file !== undefined) turn.pending_changes.set(textOf(id) ?? "", file);
    return [{ type: "agent.tool", tool, input }];
  });
}

/** Reads tool results: a file counts as changed only if its tool call did not fail. */
function handleToolResults(event: Fields, turn: TurnState): void {
  for (const part of listOf(fieldsOf(event["message"])["content"])) {
    const { type, tool_use_id, is_error } = fieldsOf(part);
    const id = textOf(tool_use_id) ?? "";
    const file = turn.pending_changes.get(id);
    turn.pending_changes.delete(id);
    if (type === "tool_result" && is_error !== true && file !== undefined) turn.files_changed.add(file);
  }
}

function handleResult(event: Fields, turn: TurnState): void {
  const { subtype, is_error, result, structured_output, num_turns, api_error_status } = event;
  turn.model_turns = countOf(num_turns);
  turn.text = textOf(result) ?? turn.text;
  if (structured_output !== undefined && structured_output !== null) turn.structured = { value: structured_output };
  for (const denial of listOf(event["permission_denials"])) {
    turn.refused_tools.add(textOf(fieldsOf(denial)["tool_name"]) ?? "a tool");
  }
  turn.usage = usageOf(event, turn.usage) ?? turn.usage;
  // An API failure also has the subtype "success".
  if (subtype === "success" && is_error === false) {
    turn.is_completed = true;
    turn.failure = undefined;
    return;
  }
  const why = listOf(event["errors"])
    .map(textOf)
    .find((text) => text !== undefined);
  const reported = turn.failure;
  turn.failure = {
    message: textOf(result) ?? why ?? `Claude Code ended with ${textOf(subtype) ?? "an error"}`,
    http_status: countOf(api_error_status) === 0 ? reported?.http_status : countOf(api_error_status),
    retry_at: reported?.retry_at,
    error_kind: error_kinds[textOf(subtype) ?? ""],
  };
}

/** Returns whether it can enforce a schema. The schema becomes a tool's input: an object, without alternatives at the top. */
function canBeToolInput(schema: unknown): boolean {
  const { type, oneOf, anyOf, allOf } = fieldsOf(schema);
  if (type !== "object" || [oneOf, anyOf, allOf].some((choice) => choice !== undefined)) return false;
  return Buffer.byteLength(JSON.stringify(schema)) <= max_schema_bytes;
}

/** Converts `usage`, which names the same fields differently, for results without usage by model. */
function asModelUsage(usage: unknown): Fields[] {
  if (typeof usage !== "object" || usage === null) return [];
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens } = fieldsOf(usage);
  return [
    {
      inputTokens: input_tokens,
      cacheReadInputTokens: cache_read_input_tokens,
      cacheCreationInputTokens: cache_creation_input_tokens,
      outputTokens: output_tokens,
    },
  ];
}

/**
 * Sums usage by model, because `usage` leaves out subagents. `modelUsage` and `total_cost_usd` cover the whole session,
 * including earlier turns; newer versions also report the usage since the last result, which is added to `before`.
 */
function usageOf(event: Fields, before: Usage | undefined): Usage | undefined {
  const since_last_result = event["model_usage_since_last_result"];
  const by_model = Object.values(fieldsOf(since_last_result ?? event["modelUsage"])).map(fieldsOf);
  const models = by_model.length > 0 ? by_model : asModelUsage(event["usage"]);
  const sum = (name: string): number => models.reduce((total, model) => total + countOf(model[name]), 0);
  const cost = since_last_result === undefined ? event["total_cost_usd"] : sum("costUSD");
  if (models.length === 0 && typeof cost !== "number") return undefined;
  const cached_input_tokens = sum("cacheReadInputTokens");
  const earlier = since_last_result === undefined ? undefined : before;
  const spent = {
    input_tokens: sum("inputTokens") + cached_input_tokens + sum("cacheCreationInputTokens"),
    cached_input_tokens,
    output_tokens: sum("outputTokens"),
    ...(typeof cost === "number" ? { cost_usd: cost } : {}),
  };
  if (earlier === undefined) return spent;
  return {
    input_tokens: earlier.input_tokens + spent.input_tokens,
    cached_input_tokens: (earlier.cached_input_tokens ?? 0) + cached_input_tokens,
    output_tokens: earlier.output_tokens + spent.output_tokens,
    cost_usd: (earlier.cost_usd ?? 0) + (spent.cost_usd ?? 0),
  };
}
