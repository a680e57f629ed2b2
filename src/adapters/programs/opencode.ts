import { interruptMessage } from "../turn/message-stream.ts";
import type { Permissions } from "../turn/permissions.ts";
import { rateLimitReset } from "../turn/rate-limit-reset.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { countOf, fieldsOf, textOf } from "../turn/untyped-json.ts";
import type { Program } from "./program.ts";

const rules: Readonly<Record<Permissions, object>> = {
  "read-only": { edit: "deny", bash: "deny", webfetch: "deny", external_directory: "deny" },
  edit: { edit: "allow", bash: "deny", webfetch: "allow", external_directory: "deny" },
  full: { edit: "allow", bash: "allow", webfetch: "allow", external_directory: "allow" },
};

/** Tools that change the file named in their input. */
const editing_tools = new Set(["write", "edit"]);

/** OpenCode. */
export const opencode: Program = {
  name: "opencode",
  title: "OpenCode",
  file: "opencode",
  package_name: "opencode-ai",
  min_version: "1.0.0",
  env_prefixes: ["OPENCODE_"],
  reports_cost: false,
  sign_in: "Run `opencode auth login`.",
  credentials: {
    variables: ["OPENCODE_AUTH_CONTENT"],
    file: { variable: "XDG_DATA_HOME", folder: ".local/share", name: "opencode/auth.json" },
  },
  first_start_file: { variable: "XDG_DATA_HOME", folder: ".local/share", name: "opencode/opencode.db" },
  capabilities: ["code", "edit-files", "read-files", "many-models"],
  enforces: () => false,
  start({ session_id, model, permissions }) {
    const flags = [...(model === undefined ? [] : ["-m", model]), ...(session_id === undefined ? [] : ["-s", session_id])];
    return {
      // Its own retries appear only in its log, which these flags send to stderr.
      args: ["run", "--format", "json", "--print-logs", "--log-level", "ERROR", ...flags],
      env: { OPENCODE_PERMISSION: JSON.stringify(rules[permissions]) },
    };
  },
  handle(event, turn) {
    turn.session_id = textOf(event["sessionID"]) ?? turn.session_id;
    const part = fieldsOf(event["part"]);
    switch (event["type"]) {
      case "text": {
        const text = textOf(part["text"]);
        if (text === undefined) return [];
        turn.text = text;
        return [{ type: "agent.message", text }];
      }
      case "tool_use": {
        const tool = textOf(part["tool"]) ?? "tool";
        interruptMessage(turn);
        const { input, status, error } = fieldsOf(part["state"]);
        const file = textOf(fieldsOf(input)["filePath"]);
        if (editing_tools.has(tool) && status === "completed" && file !== undefined) turn.files_changed.add(file);
        // A "permission denied" from the system is for the agent to handle and does not count.
        if (/^The user (rejected permission|has specified a rule)/.test(textOf(error) ?? "")) turn.refused_tools.add(tool);
        return [{ type: "agent.tool", tool, input }];
      }
      case "step_finish":
        return handleStep(part, turn);
      case "error":
        handleError(fieldsOf(event["error"]), turn);
        return [];
      default:
        return [];
    }
  },
  explainFailure: ({ reference = "" }, stderr) =>
    /^\w+$/.test(reference) ? new RegExp(`ref=${reference} error="([^"]+)"`).exec(stderr)?.[1] : undefined,
};

function handleStep(part: Readonly<Record<string, unknown>>, turn: TurnState) {
  const { input, output, reasoning, cache } = fieldsOf(part["tokens"]);
  const cached = countOf(fieldsOf(cache)["read"]);
  const before = turn.usage;
  const cost = countOf(part["cost"]);
  turn.model_turns++;
  turn.is_completed = part["reason"] === "stop";
  turn.usage = {
    input_tokens: (before?.input_tokens ?? 0) + countOf(input) + cached + countOf(fieldsOf(cache)["write"]),
    cached_input_tokens: (before?.cached_input_tokens ?? 0) + cached,
    output_tokens: (before?.output_tokens ?? 0) + countOf(output),
    reasoning_tokens: (before?.reasoning_tokens ?? 0) + countOf(reasoning),
    // 0 may also mean that it does not know the model's price.
    ...(cost + (before?.cost_usd ?? 0) > 0 ? { cost_usd: cost + (before?.cost_usd ?? 0) } : {}),
  };
  return [{ type: "agent.usage" as const, usage: turn.usage }];
}

function handleError({ name, data }: Readonly<Record<string, unknown>>, turn: TurnState): void {
  const { message, statusCode, responseHeaders, ref } = fieldsOf(data);
  turn.is_completed = false;
  turn.failure = {
    message: textOf(message) ?? textOf(name) ?? "OpenCode reported an error",
    http_status: countOf(statusCode) === 0 ? undefined : countOf(statusCode),
    retry_at: rateLimitReset("", fieldsOf(responseHeaders)),
    reference: textOf(ref),
  };
}
