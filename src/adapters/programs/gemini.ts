import { appendPiece, endMessage, interrupt } from "../turn/message-stream.ts";
import type { Permissions } from "../turn/permissions.ts";
import type { TurnState } from "../turn/turn-state.ts";
import { countOf, fieldsOf, textOf } from "../turn/untyped-json.ts";
import type { Program } from "./program.ts";

const modes: Readonly<Record<Permissions, string>> = { "read-only": "plan", edit: "auto_edit", full: "yolo" };

/** Tools that change the file which their parameters name. */
const editors = new Set(["write_file", "replace"]);

/** Gemini CLI. It holds a folder that it does not trust for no place to work in, so each start says that it may. */
export const gemini: Program = {
  name: "gemini",
  title: "Gemini CLI",
  file: "gemini",
  package_name: "@google/gemini-cli",
  least_version: "0.40.0",
  env_prefixes: ["GEMINI_", "GOOGLE_"],
  tells_cost: false,
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
  take(event, account) {
    switch (event["type"]) {
      case "init":
        account.session_id = textOf(event["session_id"]) ?? account.session_id;
        account.model = textOf(event["model"]) ?? account.model;
        return [];
      case "message": {
        const said = textOf(event["content"]);
        if (event["role"] !== "assistant" || said === undefined) return [];
        // Pieces of one message follow each other until something else does.
        if (event["delta"] === true) return appendPiece(account, said);
        return [...endMessage(account), ...appendPiece(account, said), ...endMessage(account)];
      }
      case "tool_use": {
        const before = interrupt(account);
        const { tool_name, parameters } = event;
        const tool = textOf(tool_name) ?? "tool";
        const file = textOf(fieldsOf(parameters)["file_path"]);
        const id = textOf(event["tool_id"]);
        if (editors.has(tool) && file !== undefined && id !== undefined) account.changing.set(id, file);
        return [...before, { type: "agent.tool", tool, input: parameters }];
      }
      case "tool_result": {
        const id = textOf(event["tool_id"]) ?? "";
        const file = account.changing.get(id);
        account.changing.delete(id);
        // What was refused, or went wrong, was not changed.
        if (file !== undefined && event["status"] === "success") account.files_changed.add(file);
        const { type } = fieldsOf(event["error"]);
        if (type === "tool_not_registered" || type === "policy_violation") account.refused.add(toolOf(event["tool_id"]));
        return [];
      }
      case "error":
        if (event["severity"] === "error")
          account.failure = { message: textOf(event["message"]) ?? "Gemini reported an error" };
        return [];
      case "result":
        takeResult(event, account);
        return [
          ...endMessage(account),
          ...(account.usage === undefined ? [] : [{ type: "agent.usage" as const, usage: account.usage }]),
        ];
      default:
        return [];
    }
  },
};

/** `write_file__write_file_17_0` is a call of `write_file`. */
const toolOf = (id: unknown): string => (textOf(id) ?? "a tool").replace(/__.*$/, "");

function takeResult(event: Readonly<Record<string, unknown>>, account: TurnState): void {
  const { input_tokens, output_tokens, cached } = fieldsOf(event["stats"]);
  if (event["stats"] !== undefined) {
    account.usage = {
      input_tokens: countOf(input_tokens),
      cached_input_tokens: countOf(cached),
      output_tokens: countOf(output_tokens),
    };
  }
  if (event["status"] === "success") {
    account.is_completed = true;
    account.failure = undefined;
    return;
  }
  const { message, code } = fieldsOf(event["error"]);
  const http_status = countOf(code) >= 400 ? countOf(code) : undefined;
  account.failure = { message: textOf(message) ?? account.failure?.message ?? "Gemini CLI ended with an error", http_status };
}
