import type { AgentEvent } from "#agents";
import type { Usage } from "#events";
import { interrupt } from "../turn/message-stream.ts";
import type { Permissions } from "../turn/permissions.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { countOf, type Fields, fieldsOf, listOf, textOf } from "../turn/untyped-json.ts";
import type { Program } from "./program.ts";

const sandboxes: Readonly<Record<Permissions, string>> = {
  "read-only": "read-only",
  edit: "workspace-write",
  full: "danger-full-access",
};

/** Codex. Its sandbox holds its shell to the permissions; it has no cost of its own, the price table tells it. */
export const codex: Program = {
  name: "codex",
  title: "Codex",
  file: "codex",
  package_name: "@openai/codex",
  least_version: "0.100.0",
  env_prefixes: ["OPENAI_", "CODEX_"],
  tells_cost: false,
  sign_in: "Run `codex login`, or set CODEX_API_KEY.",
  credentials: {
    variables: ["CODEX_API_KEY"],
    file: { variable: "CODEX_HOME", folder: ".codex", name: "auth.json" },
  },
  capabilities: ["code", "edit-files", "shell", "read-files"],
  enforces: isStrict,
  start({ session_id, model, permissions, schema, trusted }) {
    const projects = trusted.map((folder) => `${JSON.stringify(folder)}={trust_level="trusted"}`);
    return {
      args: [
        "exec",
        ...(session_id === undefined ? [] : ["resume"]),
        "--json",
        "--skip-git-repo-check",
        // `resume` knows no --sandbox.
        "-c",
        `sandbox_mode=${JSON.stringify(sandboxes[permissions])}`,
        "-c",
        'approval_policy="never"',
        // Its --trust would write that into the user's own configuration.
        ...(projects.length === 0 ? [] : ["-c", `projects={${projects.join(",")}}`]),
        ...(model === undefined ? [] : ["-m", model]),
        ...(schema === undefined ? [] : ["--output-schema", schema.file]),
        ...(session_id === undefined ? [] : [session_id]),
        "-",
      ],
    };
  },
  take(event, account) {
    switch (event["type"]) {
      case "thread.started":
        account.session_id = textOf(event["thread_id"]) ?? account.session_id;
        return [];
      case "item.started":
      case "item.completed":
        // It has found its way again.
        account.failure = undefined;
        return takeItem(event["type"] === "item.completed", fieldsOf(event["item"]), account);
      case "turn.completed": {
        account.turns++;
        account.is_completed = true;
        account.failure = undefined;
        const { input_tokens, cached_input_tokens, output_tokens, reasoning_output_tokens } = fieldsOf(event["usage"]);
        account.session_usage = {
          input_tokens: countOf(input_tokens),
          cached_input_tokens: countOf(cached_input_tokens),
          output_tokens: countOf(output_tokens),
          reasoning_tokens: countOf(reasoning_output_tokens),
        };
        account.usage = since(account.session_before, account.session_usage);
        return [{ type: "agent.usage", usage: account.usage }];
      }
      case "turn.failed":
        account.is_completed = false;
        account.failure = failureOf(textOf(fieldsOf(event["error"])["message"]) ?? "The turn failed");
        return [];
      case "error":
        // Also printed for each try to connect again; only what follows tells whether it was the last.
        account.failure = failureOf(textOf(event["message"]) ?? "Codex reported an error");
        return [];
      default:
        return [];
    }
  },
};

/** What has come on top; all of it where it is no sum that went on. */
function since(before: Usage | undefined, now: Usage): Usage {
  if (before === undefined || before.input_tokens >= now.input_tokens || before.output_tokens >= now.output_tokens) return now;
  const less = (total = 0, earlier = 0): number => Math.max(0, total - earlier);
  return {
    input_tokens: less(now.input_tokens, before.input_tokens),
    cached_input_tokens: less(now.cached_input_tokens, before.cached_input_tokens),
    output_tokens: less(now.output_tokens, before.output_tokens),
    reasoning_tokens: less(now.reasoning_tokens, before.reasoning_tokens),
  };
}

const failureOf = (message: string) => {
  const status = Number(/status:? (\d{3})\b/.exec(message)?.[1]);
  return { message, http_status: Number.isNaN(status) ? undefined : status };
};

/** Items by which it uses a tool. */
const tools: readonly unknown[] = ["command_execution", "file_change", "mcp_tool_call", "web_search"];

function takeItem(is_completed: boolean, item: Fields, account: TurnState): AgentEvent[] {
  const { type, text, command, changes, status, server, tool, query } = item;
  if (tools.includes(type)) interrupt(account);
  switch (type) {
    case "agent_message": {
      const said = textOf(text);
      if (!is_completed || said === undefined) return [];
      account.text = said;
      return [{ type: "agent.message", text: said }];
    }
    case "command_execution":
      if (is_completed && status === "declined") account.refused.add("a command");
      return is_completed ? [] : [{ type: "agent.tool", tool: "shell", input: { command } }];
    case "file_change": {
      const files = listOf(changes).flatMap((change) => textOf(fieldsOf(change)["path"]) ?? []);
      if (!is_completed) return [{ type: "agent.tool", tool: "file_change", input: { changes } }];
      if (status === "completed") for (const file of files) account.files_changed.add(file);
      if (status === "declined") account.refused.add("a change of files");
      return [];
    }
    case "mcp_tool_call":
      return is_completed ? [] : [{ type: "agent.tool", tool: `${textOf(server) ?? "mcp"}.${textOf(tool) ?? "tool"}` }];
    case "web_search":
      return is_completed ? [{ type: "agent.tool", tool: "web_search", input: { query } }] : [];
    default:
      // `error` among them: as an item it is a warning.
      return [];
  }
}

/** Whether a schema is in the dialect that the endpoint takes: closed objects whose every property is required. */
function isStrict(schema: unknown, depth = 0): boolean {
  const { type, properties, required, additionalProperties, items, ...others } = fieldsOf(schema);
  if (depth > 5 || typeof type !== "string") return false;
  if (Object.keys(others).some((key) => !["description", "enum", "title", "$schema"].includes(key))) return false;
  if (type !== "object" && depth === 0) return false;
  if (type === "array") return isStrict(items, depth + 1);
  if (type !== "object") return true;
  const names = Object.keys(fieldsOf(properties));
  const needed = new Set(listOf(required));
  if (additionalProperties !== false || names.some((name) => !needed.has(name))) return false;
  return Object.values(fieldsOf(properties)).every((property) => isStrict(property, depth + 1));
}
