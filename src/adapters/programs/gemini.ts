import { appendChunk, endMessage, interruptMessage } from "../turn/message-stream.ts";
import type { Permissions } from "../turn/permissions.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { countOf, fieldsOf, textOf } from "../turn/untyped-json.ts";
import type { Program } from "./program.ts";

const modes: Readonly<Record<Permissions, string>> = { "read-only": "plan", edit: "auto_edit", full: "yolo" };

/** Tools that change the file named in their parameters. */
const editing_tools = new Set(["write_file", "replace"]);

/** Gemini CLI. It refuses to work in an untrusted folder, so every start passes --skip-trust. */
export const gemini: Program = {
  name: "gemini",
  title: "Gemini CLI",
  file: "gemini",
  package_name: "@google/gemini-cli",
  min_version: "0.40.0",
  env_prefixes: ["GEMINI_", "GOOGLE_"],
  reports_cost: false,
  sign_in: "Run `gemini` once and sign in, or set GEMINI_API_KEY.",
  credentials: {
    variables: ["GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS"],
    file: { variable: "GEMINI_CLI_HOME", folder: "", name: ".gemini/oauth_creds.json" },
  },
  capabilities: ["code", "edit-files", "read-files", "web-search"],
  enforces: () => false,
  start({ session_id, model, permissions }) {
    return {
      args: [
        "--skip-trust",
        "-o",
        "stream-json",
        "--approval-mode",
        modes[permissions],
        ...(model === undefined ? [] : ["-m", model]),
        ...(session_id === undefined ? [] : ["-r", session_id]),
      ],
    };
  },
  handle(event, turn) {
    switch (event["type"]) {
      case "init":
        turn.session_id = textOf(event["session_id"]) ?? turn.session_id;
        turn.model = textOf(event["model"]) ?? turn.model;
        return [];
      case "message": {
        const text = textOf(event["content"]);
        if (event["role"] !== "assistant" || text === undefined) return [];
        // Consecutive chunks belong to one message.
        if (event["delta"] === true) return appendChunk(turn, text);
        return [...endMessage(turn), ...appendChunk(turn, text), ...endMessage(turn)];
      }
      case "tool_use": {
        const before = interruptMessage(turn);
        const { tool_name, parameters } = event;
        const tool = textOf(tool_name) ?? "tool";
        const file = textOf(fieldsOf(parameters)["file_path"]);
        const id = textOf(event["tool_id"]);
        if (editing_tools.has(tool) && file !== undefined && id !== undefined) turn.pending_changes.set(id, file);
        return [...before, { type: "agent.tool", tool, input: parameters }];
      }
      case "tool_result": {
        const id = textOf(event["tool_id"]) ?? "";
        const file = turn.pending_changes.get(id);
        turn.pending_changes.delete(id);
        // A refused or failed call changed nothing.
        if (file !== undefined && event["status"] === "success") turn.files_changed.add(file);
        const { type } = fieldsOf(event["error"]);
        if (type === "tool_not_registered" || type === "policy_violation") turn.refused_tools.add(toolNameOf(event["tool_id"]));
        return [];
      }
      case "error":
        if (event["severity"] === "error") turn.failure = { message: textOf(event["message"]) ?? "Gemini reported an error" };
        return [];
      case "result":
        handleResult(event, turn);
        return [
          ...endMessage(turn),
          ...(turn.usage === undefined ? [] : [{ type: "agent.usage" as const, usage: turn.usage }]),
        ];
      default:
        return [];
    }
  },
};

/** Returns the tool's name in a call's id: `write_file` in `write_file__write_file_17_0`. */
const toolNameOf = (id: unknown): string => (textOf(id) ?? "a tool").replace(/__.*$/, "");

function handleResult(event: Readonly<Record<string, unknown>>, turn: TurnState): void {
  const { input_tokens, output_tokens, cached } = fieldsOf(event["stats"]);
  if (event["stats"] !== undefined) {
    turn.usage = {
      input_tokens: countOf(input_tokens),
      cached_input_tokens: countOf(cached),
      output_tokens: countOf(output_tokens),
    };
  }
  if (event["status"] === "success") {
    turn.is_completed = true;
    turn.failure = undefined;
    return;
  }
  const { message, code } = fieldsOf(event["error"]);
  const http_status = countOf(code) >= 400 ? countOf(code) : undefined;
  turn.failure = { message: textOf(message) ?? turn.failure?.message ?? "Gemini CLI ended with an error", http_status };
}
