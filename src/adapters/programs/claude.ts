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

/** Tools that change the file which their input names. */
const editors = new Set(["Write", "Edit", "MultiEdit", "NotebookEdit"]);

/** Longest schema that goes on the command line; the system takes 128 KiB of one argument. */
const max_schema_bytes = 100_000;

/** What its ends by a limit of its own are; others it does not explain. */
const kinds: Readonly<Record<string, "budget" | "invalid_output">> = {
  error_max_budget_usd: "budget",
  error_max_structured_output_retries: "invalid_output",
};

/** Claude Code. Its settings, hooks and servers are the user's own; the workspace's only where the user trusts it. */
export const claude: Program = {
  name: "claude",
  title: "Claude Code",
  file: "claude",
  package_name: "@anthropic-ai/claude-code",
  least_version: "2.1.0",
  env_prefixes: ["ANTHROPIC_", "CLAUDE_"],
  tells_cost: true,
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
  enforces: isToolInput,
  start({ session_id, model, permissions, schema, budget_usd, trusted }) {
    return {
      args: [
        "-p",
        "--output-format",
        "stream-json",
        "--verbose",
        ...modes[permissions],
        ...(trusted.length > 0 ? [] : ["--setting-sources", "user", "--strict-mcp-config"]),
        ...(model === undefined ? [] : ["--model", model]),
        ...(session_id === undefined ? [] : ["--resume", session_id]),
        ...(schema === undefined ? [] : ["--json-schema", JSON.stringify(schema.value)]),
        ...(budget_usd === undefined ? [] : ["--max-budget-usd", String(budget_usd)]),
      ],
    };
  },
  take(event, account) {
    account.session_id = textOf(event["session_id"]) ?? account.session_id;
    switch (event["type"]) {
      case "system":
        if (event["subtype"] === "init") account.model = textOf(event["model"]) ?? account.model;
        return [];
      case "assistant":
        return takeMessage(event, account);
      case "user":
        takeResults(event, account);
        return [];
      case "rate_limit_event": {
        const { status, resetsAt } = fieldsOf(event["rate_limit_info"]);
        if (status === "rejected") {
          const retry_at = countOf(resetsAt) === 0 ? undefined : countOf(resetsAt) * 1000;
          account.failure = { message: "The plan's limit is reached", http_status: 429, retry_at };
        }
        return [];
      }
      case "result":
        takeResult(event, account);
        return account.usage === undefined ? [] : [{ type: "agent.usage", usage: account.usage }];
      default:
        return [];
    }
  },
};

function takeMessage(event: Fields, account: TurnState): AgentEvent[] {
  const is_subagent = typeof event["parent_tool_use_id"] === "string";
  return listOf(fieldsOf(event["message"])["content"]).flatMap((part): AgentEvent[] => {
    const { type, text, id, name, input } = fieldsOf(part);
    const said = textOf(text);
    if (type === "text" && said !== undefined) return is_subagent ? [] : [{ type: "agent.message", text: said }];
    const tool = textOf(name);
    if (type !== "tool_use" || tool === undefined) return [];
    const { file_path, notebook_path } = fieldsOf(input);
    const file = textOf(file_path) ?? textOf(notebook_path);
    if (editors.has(tool) && file !== undefined) account.changing.set(textOf(id) ?? "", file);
    return [{ type: "agent.tool", tool, input }];
  });
}

/** What its tools answered: a file was changed only if they do not say that it went wrong. */
function takeResults(event: Fields, account: TurnState): void {
  for (const part of listOf(fieldsOf(event["message"])["content"])) {
    const { type, tool_use_id, is_error } = fieldsOf(part);
    const id = textOf(tool_use_id) ?? "";
    const file = account.changing.get(id);
    account.changing.delete(id);
    if (type === "tool_result" && is_error !== true && file !== undefined) account.files_changed.add(file);
  }
}

function takeResult(event: Fields, account: TurnState): void {
  const { subtype, is_error, result, structured_output, num_turns, api_error_status } = event;
  account.turns = countOf(num_turns);
  account.text = textOf(result) ?? account.text;
  if (structured_output !== undefined && structured_output !== null) account.structured = { value: structured_output };
  for (const denial of listOf(event["permission_denials"])) {
    account.refused.add(textOf(fieldsOf(denial)["tool_name"]) ?? "a tool");
  }
  account.usage = usageOf(event, account.usage) ?? account.usage;
  // An API failure has the subtype "success" too.
  if (subtype === "success" && is_error === false) {
    account.is_completed = true;
    account.failure = undefined;
    return;
  }
  const why = listOf(event["errors"])
    .map(textOf)
    .find((text) => text !== undefined);
  const known = account.failure;
  account.failure = {
    message: textOf(result) ?? why ?? `Claude Code ended with ${textOf(subtype) ?? "an error"}`,
    http_status: countOf(api_error_status) === 0 ? known?.http_status : countOf(api_error_status),
    retry_at: known?.retry_at,
    error_kind: kinds[textOf(subtype) ?? ""],
  };
}

/** Whether it can be held to a schema: that becomes the input of a tool, which is an object, and no choice of several. */
function isToolInput(schema: unknown): boolean {
  const { type, oneOf, anyOf, allOf } = fieldsOf(schema);
  if (type !== "object" || [oneOf, anyOf, allOf].some((choice) => choice !== undefined)) return false;
  return Buffer.byteLength(JSON.stringify(schema)) <= max_schema_bytes;
}

/** Where nothing is told by model: `usage`, which has other names for the same. */
function asModel(usage: unknown): Fields[] {
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
 * By model, because `usage` leaves out what subagents used. `modelUsage` and `total_cost_usd` are of the whole session, its
 * earlier turns included; what has come on top since the result before stands beside them, in versions that tell it.
 */
function usageOf(event: Fields, before: Usage | undefined): Usage | undefined {
  const own = event["model_usage_since_last_result"];
  const by_model = Object.values(fieldsOf(own ?? event["modelUsage"])).map(fieldsOf);
  const models = by_model.length > 0 ? by_model : asModel(event["usage"]);
  const sum = (name: string): number => models.reduce((total, model) => total + countOf(model[name]), 0);
  const cost = own === undefined ? event["total_cost_usd"] : sum("costUSD");
  if (models.length === 0 && typeof cost !== "number") return undefined;
  const cached_input_tokens = sum("cacheReadInputTokens");
  const earlier = own === undefined ? undefined : before;
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
