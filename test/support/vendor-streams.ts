/** What the vendors' programs print, as lines; made up here after their formats, a test steers which of them appear. */

/** How one vendor says things. */
export interface VendorStream {
  /** The session has begun. */
  begun(session_id: string): object;
  said(text: string): object;
  /** The turn is over and went well. */
  completed(text: string): object;
  /** It failed, with the endpoint's status. */
  failed(status: number, message: string): object;
  /** It has called a tool that changes a file; `how` the tool said that it went. */
  changed(file: string, how: "well" | "badly"): object[];
  refused(tool: string): object[] | undefined;
  /** It calls a tool, which has not answered yet. */
  calls: object[];
  /** Words of the command line that hand over a schema; the others are asked in the prompt. */
  enforces?: RegExp;
  /** Words of the command line that continue a session. */
  resumes: string;
}

const sid = (session_id: string) => ({ session_id });

export const vendor_streams: Readonly<Record<"claude" | "codex" | "gemini" | "opencode", VendorStream>> = {
  claude: {
    begun: (session_id) => ({ type: "system", subtype: "init", model: "m-1", ...sid(session_id) }),
    said: (text) => ({ type: "assistant", message: { content: [{ type: "text", text }] }, parent_tool_use_id: null }),
    completed: (text) => claudeResult({ is_error: false, result: text }),
    failed: (status, message) => claudeResult({ is_error: true, api_error_status: status, result: message }),
    changed: (file_path, how) => [
      {
        type: "assistant",
        message: { content: [{ type: "tool_use", id: "t1", name: "Write", input: { file_path, content: "x" } }] },
        parent_tool_use_id: null,
      },
      { type: "user", message: { content: [{ type: "tool_result", tool_use_id: "t1", is_error: how === "badly" }] } },
    ],
    refused: (tool) => [claudeResult({ is_error: false, result: "I could not.", permission_denials: [{ tool_name: tool }] })],
    calls: [
      {
        type: "assistant",
        message: { content: [{ type: "tool_use", id: "t2", name: "Bash", input: { command: "sleep 1000" } }] },
        parent_tool_use_id: null,
      },
    ],
    enforces: /--json-schema \{"type":"object"/,
    resumes: "--resume",
  },
  codex: {
    begun: (thread_id) => ({ type: "thread.started", thread_id }),
    said: (text) => ({ type: "item.completed", item: { id: "i1", type: "agent_message", text } }),
    completed: () => ({
      type: "turn.completed",
      usage: { input_tokens: 140, cached_input_tokens: 40, output_tokens: 20, reasoning_output_tokens: 5 },
    }),
    failed: (status, message) => ({ type: "turn.failed", error: { message: `unexpected status ${status}: ${message}` } }),
    changed: (path, how) => [
      {
        type: "item.completed",
        item: {
          id: "i2",
          type: "file_change",
          changes: [{ path, kind: "add" }],
          status: how === "well" ? "completed" : "failed",
        },
      },
    ],
    refused: () => [
      { type: "item.completed", item: { id: "i3", type: "command_execution", command: "rm x", status: "declined" } },
      { type: "item.completed", item: { id: "i4", type: "agent_message", text: "I could not." } },
      { type: "turn.completed", usage: { input_tokens: 1, output_tokens: 1 } },
    ],
    calls: [{ type: "item.started", item: { id: "i5", type: "command_execution", command: "sleep 1000" } }],
    enforces: /--output-schema \/\S+\.json/,
    resumes: "exec resume",
  },
  gemini: {
    begun: (session_id) => ({ type: "init", model: "m-1", ...sid(session_id) }),
    said: (content) => ({ type: "message", role: "assistant", content, delta: true }),
    completed: () => ({ type: "result", status: "success", stats: { input_tokens: 140, output_tokens: 20, cached: 40 } }),
    failed: (code, message) => ({ type: "result", status: "error", error: { type: "Error", message, code } }),
    changed: (file_path, how) => [
      { type: "tool_use", tool_name: "write_file", tool_id: "write_file__1", parameters: { file_path } },
      { type: "tool_result", tool_id: "write_file__1", status: how === "well" ? "success" : "error" },
    ],
    refused: (tool) => [
      { type: "tool_result", tool_id: `${tool}__1`, status: "error", error: { type: "tool_not_registered" } },
      { type: "message", role: "assistant", content: "I could not." },
      { type: "result", status: "success", stats: {} },
    ],
    calls: [{ type: "tool_use", tool_name: "read_file", tool_id: "read_file__2", parameters: { file_path: "a" } }],
    resumes: "-r",
  },
  opencode: {
    begun: (sessionID) => ({ type: "step_start", sessionID, part: {} }),
    said: (text) => ({ type: "text", part: { text } }),
    completed: () => ({
      type: "step_finish",
      part: { reason: "stop", tokens: { input: 100, output: 20, reasoning: 5, cache: { read: 40, write: 0 } }, cost: 0 },
    }),
    failed: (statusCode, message) => ({ type: "error", error: { name: "APIError", data: { message, statusCode } } }),
    changed: (filePath, how) => [
      {
        type: "tool_use",
        part: { tool: "write", state: { status: how === "well" ? "completed" : "error", input: { filePath } } },
      },
    ],
    refused: (tool) => [
      { type: "tool_use", part: { tool, state: { status: "error", error: "The user rejected permission to use this tool" } } },
      { type: "text", part: { text: "I could not." } },
      { type: "step_finish", part: { reason: "stop", tokens: {} } },
    ],
    calls: [
      {
        type: "tool_use",
        sessionID: "s-1",
        part: { tool: "read", state: { status: "completed", input: { filePath: "a" } } },
      },
    ],
    resumes: "-s",
  },
};

const claudeResult = (more: object): object => ({
  type: "result",
  subtype: "success",
  num_turns: 1,
  total_cost_usd: 0.25,
  modelUsage: { m: { inputTokens: 100, cacheReadInputTokens: 40, cacheCreationInputTokens: 0, outputTokens: 20 } },
  ...more,
});
