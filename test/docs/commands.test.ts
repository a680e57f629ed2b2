/** The commands and task files of README.md and docs/ work as they are printed. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { parse } from "jsonc-parser";
import { describe, expect, test } from "vitest";
import { config_schema } from "#config";
import { bin, Rig, root } from "../support/rig.ts";
import { pages, readPage } from "./pages.ts";

/** Commands that no test runs as they are. */
const exceptions: Readonly<Record<string, string>> = {
  "npm ci && ./bin/dispatch.js run < examples/quickstart.json": "test/e2e/readme.test.ts runs it",
  "npm cit": "runs these tests",
  "npm link": "changes the global packages of the machine",
};

/** Commands that read a task file from stdin, or need a text: alone they are names. */
const with_argument = new Set(["run", "validate", "graph", "context", "route"].map((name) => `dispatch ${name}`));

/** The project that the pages take for granted, with `dispatch` and the programs of agents on its PATH. */
function project(rig: Rig): NodeJS.ProcessEnv {
  rig.write("tasks.json", readPage("README.md").blocks("json")[0]?.text ?? "");
  rig.write("tasks/release.json", readPage("README.md").blocks("json")[0]?.text ?? "");
  rig.write("src/login.js", "export const login = () => {};\n");
  mkdirSync(join(rig.folder, "bin"));
  symlinkSync(bin, join(rig.folder, "bin/dispatch"));
  for (const name of ["claude", "codex", "gemini", "opencode"]) addProgram(rig, name, "echo 9.9.9");
  // The real one takes a third of a second, for each of some hundred tasks.
  addProgram(rig, "npm", 'case "$*" in "run build") mkdir -p dist && echo 1 > dist/index.js ;; esac');
  const { CI: _, GITHUB_ACTIONS: __, GITHUB_STEP_SUMMARY: ___, ...env } = process.env;
  return { ...env, PATH: [join(rig.folder, "bin"), dirname(process.execPath), process.env["PATH"]].join(delimiter) };
}

const addProgram = (rig: Rig, name: string, script: string): void =>
  chmodSync(rig.write(`bin/${name}`, `#!/bin/sh\n${script}\n`), 0o755);

const shell = (command: string, { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv }) =>
  // A command may go to the background.
  spawnSync("sh", ["-c", `${command}\nstatus=$?\nwait\nexit $status`], { cwd, env, encoding: "utf8", input: "" });

const is_installed = (program: string): boolean => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

describe.each(pages)("%s", (path) => {
  const page = readPage(path);

  test("its commands work, in their order", { timeout: 300_000 }, async () => {
    await using rig = new Rig();
    const env = project(rig);
    const here = { cwd: rig.folder, env };
    // What a page says of runs holds for any run.
    expect(shell("dispatch run tasks.json -o results.json -q", here).status).toBe(0);
    for (const { line, text } of page.commands) {
      if (text in exceptions) continue;
      const [program = ""] = text.replace(/^(\w+=\S+ )+/, "").split(" ");
      if (program !== "dispatch" && program !== "npm" && !is_installed(program)) continue;
      const command = (with_argument.has(text) ? `${text} --help` : text)
        .replaceAll(/\bRUN\b/g, rig.runs().at(-1) ?? "")
        .replaceAll(/\bNAME\b/g, "command")
        .replaceAll(/\bTASK\b/g, "build");
      const { status, stderr } = shell(command, here);
      expect(status, `${path}:${line}: ${command}\n${stderr}`).toBe(0);
    }
  });

  test("its JSON is what it seems to be: task files and configurations have no problem", async () => {
    await using rig = new Rig();
    const env = project(rig);
    for (const { line, text } of page.blocks("json")) {
      const errors: unknown[] = [];
      // Keys are looked for in whatever it is.
      const value = parse(text, errors as never[], { allowTrailingComma: true }) as object;
      expect(errors, `${path}:${line}`).toEqual([]);
      const file = taskFileOf(value);
      if (file === undefined) continue;
      const { stderr, exit_code } = await rig.run(["validate", rig.write("page.json", file)], { env, cwd: root });
      expect(exit_code, `${path}:${line}\n${stderr}`).toBe(0);
    }
  });
});

/** A task file that holds what is printed: itself, a task, or a configuration. */
function taskFileOf(value: object): object | undefined {
  if ("tasks" in value) return value;
  if ("task_id" in value) return { tasks: [value] };
  const task = { task_id: "any", agent: "command", input_data: { command: "true" } };
  return Object.keys(value).every((key) => key in config_schema.shape) ? { config: value, tasks: [task] } : undefined;
}
