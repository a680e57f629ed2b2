/** README is a promise: every command in it is run, and every file that it names is there. */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { options } from "../../src/config/index.ts";
import { defaults } from "../../src/config/options.ts";
import { bin, Rig, root } from "../support/rig.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");

const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map((match) => match[1] ?? "");

/** Commands in blocks, and those in the text that stand in backquotes, on one line or over two. */
const commands = [
  ...blocks("sh").flatMap((block) => block.split("\n").map((line) => line.replace(/\s+#.*/, "").trim())),
  ...[...readme.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/`(dispatch\s[^`]+)`/g)].map((match) =>
    (match[1] ?? "").replaceAll(/\s+/g, " "),
  ),
].filter((line) => line !== "");

/** A project as README's task file takes it for granted, with `dispatch` on the PATH. */
function project(rig: Rig): NodeJS.ProcessEnv {
  rig.write("package.json", { scripts: { lint: "true", test: "true", build: "mkdir -p dist && echo 1 > dist/index.js" } });
  rig.write("tasks.json", blocks("json")[0] ?? "");
  mkdirSync(join(rig.folder, "bin"));
  symlinkSync(bin, join(rig.folder, "bin/dispatch"));
  const { CI: _, GITHUB_ACTIONS: __, GITHUB_STEP_SUMMARY: ___, ...env } = process.env;
  return { ...env, PATH: [join(rig.folder, "bin"), dirname(process.execPath), process.env["PATH"]].join(delimiter) };
}

describe("README", () => {
  test("shows the two commands of a newcomer first, and CI runs them", () => {
    expect(commands.slice(0, 2)).toEqual(["npm ci && ./bin/dispatch.js run < examples/quickstart.json", "npm cit"]);
    expect(readFileSync(join(root, ".ci/run"), "utf8")).toMatch(/^npm cit$/m);
  });

  test("the first command does what it says, offline", async () => {
    await using rig = new Rig();
    const [, first = ""] = (commands[0] ?? "").split("&& ");
    // A copy's traces must not land in the checkout.
    const env = { ...process.env, DISPATCH_TRACE_DIR: join(rig.folder, "traces") };
    const stdout = execFileSync("sh", ["-c", first], { cwd: root, env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    expect(JSON.parse(stdout)).toMatchObject({ status: "success" });
  });

  test("every other command works, in the order in which they stand", async () => {
    await using rig = new Rig();
    const env = project(rig);
    const others = commands.slice(2).filter((line) => line.startsWith("dispatch "));
    expect(others.length).toBeGreaterThan(8);
    const run_id = (): string => rig.runs().at(-1) ?? "";
    for (const line of others) {
      const command = line.replaceAll("RUN", run_id()).replaceAll("TASK", "bundle");
      const { status, stderr } = spawnSync("sh", ["-c", command], { cwd: rig.folder, env, encoding: "utf8", input: "" });
      expect(status, `${command}\n${stderr}`).toBe(0);
    }
  });

  test("the agents that it sets up are ones that could be asked", async () => {
    await using rig = new Rig();
    const file = rig.write("agents.json", blocks("json").find((block) => block.includes('"adapter"')) ?? "");
    const opencode = rig.write("bin/opencode", "#!/bin/sh\n");
    chmodSync(opencode, 0o755);
    const env = { ...process.env, PATH: `${dirname(opencode)}:${process.env["PATH"]}` };
    const checked = await rig.run(["validate", file], { env });
    expect(checked).toMatchObject({ exit_code: 0, stdout: expect.stringContaining("2 tasks, no problems found.") });
  });

  test("every file that it links to is there", () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? "");
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([]);
  });

  test("its table of configuration is the option table", () => {
    const { context, agents: _, ...plain } = defaults;
    const rows = [...readme.matchAll(/^\| `([a-z_.]+)` \| `?([^|`]+)`? \| ([^|]+) \|$/gm)].map(
      ([, name = "", value = "", what = ""]) => ({ name, value: value.trim(), what }),
    );
    expect(rows.map(({ name, value }) => [name, value]).sort()).toEqual(
      [
        ...Object.entries(plain).map(([name, value]) => [name, String(value)]),
        ["agents", "{}"],
        ["budget_usd", "none"],
        ["context.enabled", "where named"],
        ...Object.entries(context).map(([name, value]) => [`context.${name}`, String(value)]),
      ].sort(),
    );
    for (const { name, what } of rows.filter((row) => row.name !== "agents" && !row.name.startsWith("context.")))
      expect(what, name).toContain(options.find((option) => option.name === name)?.description);
  });
});
