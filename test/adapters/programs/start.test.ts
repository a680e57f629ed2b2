import { describe, expect, test } from "vitest";
import { programs } from "../../../src/adapters/programs/index.ts";
import type { Program, Turn } from "../../../src/adapters/programs/program.ts";
import { signInStatusOf } from "../../../src/adapters/programs/sign-in.ts";
import type { Permissions } from "../../../src/adapters/turn/permissions.ts";

const program = (name: string): Program => {
  const found = programs.get(name);
  if (found === undefined) throw new Error(`There is no program ${name}`);
  return found;
};

const turn: Turn = {
  session_id: undefined,
  model: undefined,
  permissions: "edit",
  schema: undefined,
  budget_usd: undefined,
  trusted: [],
};

const words = (name: string, more: Partial<Turn> = {}): string => {
  const { args, env = {} } = program(name).start({ ...turn, ...more });
  return [...args, ...Object.values(env)].join(" ");
};

describe("permissions are told in each program's own words", () => {
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
  ])("%s, %s: %s", (name, permissions, told) => {
    expect(words(name, { permissions })).toContain(told);
  });

  test("codex never asks", () => {
    for (const permissions of ["read-only", "edit", "full"] as const)
      expect(words("codex", { permissions })).toContain('approval_policy="never"');
  });
});

test("a workspace's own hooks and servers run only where it is trusted, for this run only", () => {
  expect(words("claude")).toContain("--setting-sources user --strict-mcp-config");
  expect(words("claude", { trusted: ["/w"] })).not.toContain("--setting-sources");
  expect(words("codex")).not.toContain("projects=");
  const trusted = words("codex", { trusted: ["/w/sub", '/w "x"'] });
  expect(trusted).toContain('projects={"/w/sub"={trust_level="trusted"},"/w \\"x\\""={trust_level="trusted"}}');
  // That would stay in the user's configuration.
  expect(trusted).not.toContain("--trust");
});

test.each([...programs.keys()])("the prompt of %s is no part of its command line", (name) => {
  const { args } = program(name).start(turn);
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
  const seen: string[] = [];
  const account = signInStatusOf(program(name), { HOME: "/home/me", ...env }, (file) => {
    seen.push(file);
    return true;
  });
  expect([seen, account]).toEqual([[path], { signed_in: path }]);
});
