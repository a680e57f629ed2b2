/** Output lines in the formats of the vendors' programs; a test chooses which of them appear. */

/** The output format of one vendor. */
export interface VendorStream {
  /** Start of the session. */
  session(session_id: string): object;
  message(text: string): object;
  /** Successful end of the turn. */
  completed(text: string): object;
  /** Failed end of the turn, with the endpoint's status. */
  failed(status: number, message: string): object;
  /** A tool call that changes a file, and its result. */
  fileChange(file: string, how: "well" | "badly"): object[];
  refusedTool(tool: string): object[] | undefined;
  /** A tool call without a result yet. */
  tool_call: object[];
  /** Arguments that pass a schema; without them, the schema is in the prompt. */
  schema_flag?: RegExp;
  /** Arguments that continue a session. */
  resume_flag: string;
}

const sid = (session_id: string) => ({ session_id });

export const vendor_streams: Readonly<Record<"claude" | "codex" | "gemini" | "opencode", VendorStream>> = {
  claude: {
    session: (session_id) => ({ type: "system", subtype: "init", model: "m-1", ...sid(session_id) }),
    message: (text) => ({ type: "assistant", message: { content: [{ type: "text", text }] }, parent_tool_use_id: null }),
    completed: (text) => claudeResult({ is_error: false, result: text }),
    failed: (status, message) => claudeResult({ is_error: true, api_error_status: status, result: message }),
    fileChange: (file_path, how) => [
      {
        type: "assistant",
        message: { content: [{ type: "tool_use", id: "t1", name: "Write", input: { file_path, content: "x" } }] },
        parent_tool_use_id: null,
      },
      { type: "user", message: { content: [{ type: "tool_result", tool_use_id: "t1", is_error: how === "badly" }] } },
    ],
    refusedTool: (tool) => [
      claudeResult({ is_error: false, result: "I could not.", permission_denials: [{ tool_name: tool }] }),
    ],
    tool_call: [
      {
        type: "assistant",
        message: { content: [{ type: "tool_use", id: "t2", name: "Bash", input: { command: "sleep 1000" } }] },
        parent_tool_use_id: null,
      },
    ],
    schema_flag: /--json-schema \{"type":"object"/,
    resume_flag: "--resume",
  },
  codex: {
    session: (thread_id) => ({ type: "thread.started", thread_id }),
    message: (text) => ({ type: "item.completed", item: { id: "i1", type: "agent_message", text } }),
    completed: () => ({
      type: "turn.completed",
      usage: { input_tokens: 140, cached_input_tokens: 40, output_tokens: 20, reasoning_output_tokens: 5 },
    }),
    failed: (status, message) => ({ type: "turn.failed", error: { message: `unexpected status ${status}: ${message}` } }),
    fileChange: (path, how) => [
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
    refusedTool: () => [
      { type: "item.completed", item: { id: "i3", type: "command_execution", command: "rm x", status: "declined" } },
      { type: "item.completed", item: { id: "i4", type: "agent_message", text: "I could not." } },
      { type: "turn.completed", usage: { input_tokens: 1, output_tokens: 1 } },
    ],
    tool_call: [{ type: "item.started", item: { id: "i5", type: "command_execution", command: "sleep 1000" } }],
    schema_flag: /--output-schema \/\S+\.json/,
    resume_flag: "exec resume",
  },
  gemini: {
    session: (session_id) => ({ type: "init", model: "m-1", ...sid(session_id) }),
    message: (content) => ({ type: "message", role: "assistant", content, delta: true }),
    completed: () => ({ type: "result", status: "success", stats: { input_tokens: 140, output_tokens: 20, cached: 40 } }),
    failed: (code, message) => ({ type: "result", status: "error", error: { type: "Error", message, code } }),
    fileChange: (file_path, how) => [
      { type: "tool_use", tool_name: "write_file", tool_id: "write_file__1", parameters: { file_path } },
      { type: "tool_result", tool_id: "write_file__1", status: how === "well" ? "success" : "error" },
    ],
    refusedTool: (tool) => [
      { type: "tool_result", tool_id: `${tool}__1`, status: "error", error: { type: "tool_not_registered" } },
      { type: "message", role: "assistant", content: "I could not." },
      { type: "result", status: "success", stats: {} },
    ],
    tool_call: [{ type: "tool_use", tool_name: "read_file", tool_id: "read_file__2", parameters: { file_path: "a" } }],
    resume_flag: "-r",
  },
  opencode: {
    session: (sessionID) => ({ type: "step_start", sessionID, part: {} }),
    message: (text) => ({ type: "text", part: { text } }),
    completed: () => ({
      type: "step_finish",
      part: { reason: "stop", tokens: { input: 100, output: 20, reasoning: 5, cache: { read: 40, write: 0 } }, cost: 0 },
    }),
    failed: (statusCode, message) => ({ type: "error", error: { name: "APIError", data: { message, statusCode } } }),
    fileChange: (filePath, how) => [
      {
        type: "tool_use",
        part: { tool: "write", state: { status: how === "well" ? "completed" : "error", input: { filePath } } },
      },
    ],
    refusedTool: (tool) => [
      { type: "tool_use", part: { tool, state: { status: "error", error: "The user rejected permission to use this tool" } } },
      { type: "text", part: { text: "I could not." } },
      { type: "step_finish", part: { reason: "stop", tokens: {} } },
    ],
    tool_call: [
      {
        type: "tool_use",
        sessionID: "s-1",
        part: { tool: "read", state: { status: "completed", input: { filePath: "a" } } },
      },
    ],
    resume_flag: "-s",
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
