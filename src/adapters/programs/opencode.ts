import { interrupt } from "../turn/message-stream.ts";
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

/** Tools that change the file which their input names. */
const editors = new Set(["write", "edit"]);

/** OpenCode. */
export const opencode: Program = {
  name: "opencode",
  title: "OpenCode",
  file: "opencode",
  package_name: "opencode-ai",
  least_version: "1.0.0",
  env_prefixes: ["OPENCODE_"],
  tells_cost: false,
  sign_in: "Run `opencode auth login`.",
  credentials: {
    variables: ["OPENCODE_AUTH_CONTENT"],
    file: { variable: "XDG_DATA_HOME", folder: ".local/share", name: "opencode/auth.json" },
  },
  first_start_makes: { variable: "XDG_DATA_HOME", folder: ".local/share", name: "opencode/opencode.db" },
  capabilities: ["code", "edit-files", "read-files", "many-models"],
  enforces: () => false,
  start({ session_id, model, permissions }) {
    const flags = [...(model === undefined ? [] : ["-m", model]), ...(session_id === undefined ? [] : ["-s", session_id])];
    return {
      // What it tries again by itself stands in its log alone, which goes to stderr.
      args: ["run", "--format", "json", "--print-logs", "--log-level", "ERROR", ...flags],
      env: { OPENCODE_PERMISSION: JSON.stringify(rules[permissions]) },
    };
  },
  take(event, account) {
    account.session_id = textOf(event["sessionID"]) ?? account.session_id;
    const part = fieldsOf(event["part"]);
    switch (event["type"]) {
      case "text": {
        const text = textOf(part["text"]);
        if (text === undefined) return [];
        account.text = text;
        return [{ type: "agent.message", text }];
      }
      case "tool_use": {
        const tool = textOf(part["tool"]) ?? "tool";
        interrupt(account);
        const { input, status, error } = fieldsOf(part["state"]);
        const file = textOf(fieldsOf(input)["filePath"]);
        if (editors.has(tool) && status === "completed" && file !== undefined) account.files_changed.add(file);
        // The system's own "permission denied" is the agent's to deal with.
        if (/^The user (rejected permission|has specified a rule)/.test(textOf(error) ?? "")) account.refused.add(tool);
        return [{ type: "agent.tool", tool, input }];
      }
      case "step_finish":
        return takeStep(part, account);
      case "error":
        takeError(fieldsOf(event["error"]), account);
        return [];
      default:
        return [];
    }
  },
  explain: ({ reference = "" }, stderr) =>
    /^\w+$/.test(reference) ? new RegExp(`ref=${reference} error="([^"]+)"`).exec(stderr)?.[1] : undefined,
};

function takeStep(part: Readonly<Record<string, unknown>>, account: TurnState) {
  const { input, output, reasoning, cache } = fieldsOf(part["tokens"]);
  const cached = countOf(fieldsOf(cache)["read"]);
  const before = account.usage;
  const cost = countOf(part["cost"]);
  account.turns++;
  account.is_completed = part["reason"] === "stop";
  account.usage = {
    input_tokens: (before?.input_tokens ?? 0) + countOf(input) + cached + countOf(fieldsOf(cache)["write"]),
    cached_input_tokens: (before?.cached_input_tokens ?? 0) + cached,
    output_tokens: (before?.output_tokens ?? 0) + countOf(output),
    reasoning_tokens: (before?.reasoning_tokens ?? 0) + countOf(reasoning),
    // 0 also stands for a model whose price it does not know.
    ...(cost + (before?.cost_usd ?? 0) > 0 ? { cost_usd: cost + (before?.cost_usd ?? 0) } : {}),
  };
  return [{ type: "agent.usage" as const, usage: account.usage }];
}

function takeError({ name, data }: Readonly<Record<string, unknown>>, account: TurnState): void {
  const { message, statusCode, responseHeaders, ref } = fieldsOf(data);
  account.is_completed = false;
  account.failure = {
    message: textOf(message) ?? textOf(name) ?? "OpenCode reported an error",
    http_status: countOf(statusCode) === 0 ? undefined : countOf(statusCode),
    retry_at: rateLimitReset("", fieldsOf(responseHeaders)),
    reference: textOf(ref),
  };
}
