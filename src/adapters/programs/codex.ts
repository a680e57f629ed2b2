import type { AgentEvent } from "#agents";
import type { Usage } from "#events";
import { interruptMessage } from "../turn/message-stream.ts";
import type { Permissions } from "../turn/permissions.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { countOf, type Fields, fieldsOf, listOf, textOf } from "../turn/untyped-json.ts";
import type { Program } from "./program.ts";

const sandboxes: Readonly<Record<Permissions, string>> = {
  "read-only": "read-only",
  edit: "workspace-write",
  full: "danger-full-access",
};

/** Codex. Its sandbox enforces the permissions in its shell. It reports no cost, so the price table is used. */
export const codex: Program = {
  name: "codex",
  title: "Codex",
  file: "codex",
  package_name: "@openai/codex",
  min_version: "0.100.0",
  env_prefixes: ["OPENAI_", "CODEX_"],
  reports_cost: false,
  sign_in: "Run `codex login`, or set CODEX_API_KEY.",
  credentials: {
    variables: ["CODEX_API_KEY"],
    file: { variable: "CODEX_HOME", folder: ".codex", name: "auth.json" },
  },
  capabilities: ["code", "edit-files", "shell", "read-files"],
  enforces: isStrict,
  start({ session_id, model, permissions, schema, trusted_folders }) {
    const projects = trusted_folders.map((folder) => `${JSON.stringify(folder)}={trust_level="trusted"}`);
    return {
      args: [
        "exec",
        ...(session_id === undefined ? [] : ["resume"]),
        "--json",
        "--skip-git-repo-check",
        // `resume` does not accept --sandbox.
        "-c",
        `sandbox_mode=${JSON.stringify(sandboxes[permissions])}`,
        "-c",
        'approval_policy="never"',
        // --trust would change the user's own configuration.
        ...(projects.length === 0 ? [] : ["-c", `projects={${projects.join(",")}}`]),
        ...(model === undefined ? [] : ["-m", model]),
        ...(schema === undefined ? [] : ["--output-schema", schema.file]),
        ...(session_id === undefined ? [] : [session_id]),
        "-",
      ],
    };
  },
  handle(event, turn) {
    switch (event["type"]) {
      case "thread.started":
        turn.session_id = textOf(event["thread_id"]) ?? turn.session_id;
        return [];
      case "item.started":
      case "item.completed":
        // Codex has recovered from the error.
        turn.failure = undefined;
        return handleItem(event["type"] === "item.completed", fieldsOf(event["item"]), turn);
      case "turn.completed": {
        turn.model_turns++;
        turn.is_completed = true;
        turn.failure = undefined;
        const { input_tokens, cached_input_tokens, output_tokens, reasoning_output_tokens } = fieldsOf(event["usage"]);
        turn.session_usage = {
          input_tokens: countOf(input_tokens),
          cached_input_tokens: countOf(cached_input_tokens),
          output_tokens: countOf(output_tokens),
          reasoning_tokens: countOf(reasoning_output_tokens),
        };
        turn.usage = usageSince(turn.previous_session_usage, turn.session_usage);
        return [{ type: "agent.usage", usage: turn.usage }];
      }
      case "turn.failed":
        turn.is_completed = false;
        turn.failure = failureOf(textOf(fieldsOf(event["error"])["message"]) ?? "The turn failed");
        return [];
      case "error":
        // Also printed for each reconnect attempt; the next event shows whether it recovered.
        turn.failure = failureOf(textOf(event["message"]) ?? "Codex reported an error");
        return [];
      default:
        return [];
    }
  },
};

/** Returns the usage added since `before`; all of `now` if the count has restarted. */
function usageSince(before: Usage | undefined, now: Usage): Usage {
  if (before === undefined || before.input_tokens >= now.input_tokens || before.output_tokens >= now.output_tokens) return now;
  const difference = (total = 0, earlier = 0): number => Math.max(0, total - earlier);
  return {
    input_tokens: difference(now.input_tokens, before.input_tokens),
    cached_input_tokens: difference(now.cached_input_tokens, before.cached_input_tokens),
    output_tokens: difference(now.output_tokens, before.output_tokens),
    reasoning_tokens: difference(now.reasoning_tokens, before.reasoning_tokens),
  };
}

const failureOf = (message: string) => {
  const status = Number(/status:? (\d{3})\b/.exec(message)?.[1]);
  return { message, http_status: Number.isNaN(status) ? undefined : status };
};

/** Types of items that are tool calls. */
const tool_items: readonly unknown[] = ["command_execution", "file_change", "mcp_tool_call", "web_search"];

function handleItem(is_completed: boolean, item: Fields, turn: TurnState): AgentEvent[] {
  const { type, text, command, changes, status, server, tool, query } = item;
  if (tool_items.includes(type)) interruptMessage(turn);
  switch (type) {
    case "agent_message": {
      const message_text = textOf(text);
      if (!is_completed || message_text === undefined) return [];
      turn.text = message_text;
      return [{ type: "agent.message", text: message_text }];
    }
    case "command_execution":
      if (is_completed && status === "declined") turn.refused_tools.add("a command");
      return is_completed ? [] : [{ type: "agent.tool", tool: "shell", input: { command } }];
    case "file_change": {
      const files = listOf(changes).flatMap((change) => textOf(fieldsOf(change)["path"]) ?? []);
      if (!is_completed) return [{ type: "agent.tool", tool: "file_change", input: { changes } }];
      if (status === "completed") for (const file of files) turn.files_changed.add(file);
      if (status === "declined") turn.refused_tools.add("a file change");
      return [];
    }
    case "mcp_tool_call":
      return is_completed ? [] : [{ type: "agent.tool", tool: `${textOf(server) ?? "mcp"}.${textOf(tool) ?? "tool"}` }];
    case "web_search":
      return is_completed ? [{ type: "agent.tool", tool: "web_search", input: { query } }] : [];
    default:
      // Includes `error` items, which are only warnings.
      return [];
  }
}

/** Returns whether the endpoint accepts a schema: only closed objects in which every property is required. */
function isStrict(schema: unknown, depth = 0): boolean {
  const { type, properties, required, additionalProperties, items, ...other_keys } = fieldsOf(schema);
  if (depth > 5 || typeof type !== "string") return false;
  if (Object.keys(other_keys).some((key) => !["description", "enum", "title", "$schema"].includes(key))) return false;
  if (type !== "object" && depth === 0) return false;
  if (type === "array") return isStrict(items, depth + 1);
  if (type !== "object") return true;
  const names = Object.keys(fieldsOf(properties));
  const required_names = new Set(listOf(required));
  if (additionalProperties !== false || names.some((name) => !required_names.has(name))) return false;
  return Object.values(fieldsOf(properties)).every((property) => isStrict(property, depth + 1));
}
