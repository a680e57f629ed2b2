import { describe, expect, test } from "vitest";
import { programs } from "../../../src/adapters/programs/index.ts";
import type { Program, TurnRequest } from "../../../src/adapters/programs/program.ts";
import { signInStatusOf } from "../../../src/adapters/programs/sign-in.ts";
import type { Permissions } from "../../../src/adapters/turn/permissions.ts";

const program = (name: string): Program => {
  const found = programs.get(name);
  if (found === undefined) throw new Error(`Unknown program ${name}`);
  return found;
};

const request: TurnRequest = {
  session_id: undefined,
  model: undefined,
  permissions: "edit",
  schema: undefined,
  budget_usd: undefined,
  trusted_folders: [],
};

const commandLine = (name: string, more: Partial<TurnRequest> = {}): string => {
  const { args, env = {} } = program(name).start({ ...request, ...more });
  return [...args, ...Object.values(env)].join(" ");
};

describe("permissions become each program's own flags", () => {
  test.each<[string, Permissions, string]>([
    ["claude", "read-only", "--permission-mode dontAsk --tools Read,Grep,Glob"],
    ["claude", "edit", "--permission-mode acceptEdits"],
    ["claude", "full", "--permission-mode bypassPermissions"],
    ["codex", "read-only", 'sandbox_mode="read-only"'],
    ["codex", "edit", 'sandbox_mode="workspace-write"'],
    ["codex", "full", 'sandbox_mode="danger-full-access"'],
    ["gemini", "read-only", "--approval-mode plan"],
    ["gemini", "edit", "--approval-mode auto_edit"],
    ["gemini", "full", "--approval-mode yolo"],
    ["opencode", "read-only", '{"edit":"deny","bash":"deny","webfetch":"deny","external_directory":"deny"}'],
    ["opencode", "edit", '{"edit":"allow","bash":"deny","webfetch":"allow","external_directory":"deny"}'],
    ["opencode", "full", '{"edit":"allow","bash":"allow","webfetch":"allow","external_directory":"allow"}'],
  ])("%s, %s: %s", (name, permissions, flags) => {
    expect(commandLine(name, { permissions })).toContain(flags);
  });

  test("codex never asks for approval", () => {
    for (const permissions of ["read-only", "edit", "full"] as const)
      expect(commandLine("codex", { permissions })).toContain('approval_policy="never"');
  });
});

test("a workspace's hooks and servers run only if the user trusts it, and only in this run", () => {
  expect(commandLine("claude")).toContain("--setting-sources user --strict-mcp-config");
  expect(commandLine("claude", { trusted_folders: ["/w"] })).not.toContain("--setting-sources");
  expect(commandLine("codex")).not.toContain("projects=");
  const trusted = commandLine("codex", { trusted_folders: ["/w/sub", '/w "x"'] });
  expect(trusted).toContain('projects={"/w/sub"={trust_level="trusted"},"/w \\"x\\""={trust_level="trusted"}}');
  // --trust would change the user's configuration.
  expect(trusted).not.toContain("--trust");
});

test.each([...programs.keys()])("the prompt of %s is not on its command line", (name) => {
  const { args } = program(name).start(request);
  expect(args.filter((arg) => /prompt/i.test(arg))).toEqual([]);
});

test.each([
  ["claude", { CLAUDE_CONFIG_DIR: "/c" }, "/c/.credentials.json"],
  ["codex", { CODEX_HOME: "/c" }, "/c/auth.json"],
  ["gemini", { GEMINI_CLI_HOME: "/c" }, "/c/.gemini/oauth_creds.json"],
  ["opencode", { XDG_DATA_HOME: "/c" }, "/c/opencode/auth.json"],
  ["claude", {}, "/home/me/.claude/.credentials.json"],
  ["codex", {}, "/home/me/.codex/auth.json"],
  ["gemini", {}, "/home/me/.gemini/oauth_creds.json"],
  ["opencode", {}, "/home/me/.local/share/opencode/auth.json"],
])("%s with %j keeps its sign-in in %s", (name, env, path) => {
  const checked_paths: string[] = [];
  const status = signInStatusOf(program(name), { HOME: "/home/me", ...env }, (file) => {
    checked_paths.push(file);
    return true;
  });
  expect([checked_paths, status]).toEqual([[path], { signed_in: path }]);
});
