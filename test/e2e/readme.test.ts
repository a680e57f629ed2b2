/** README.md is a promise: it is short, its first commands work, and it shows what dispatch prints. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPage } from "../docs/pages.ts";
import { Rig, root } from "../support/rig.ts";

const page = readPage("README.md");
const [first = "", second] = page.commands.map(({ text }) => text);

describe("README", () => {
  test("has at most 7,000 bytes", () => {
    expect(readFileSync(join(root, "README.md")).length).toBeLessThanOrEqual(7000);
  });

  test("begins with two commands, and CI runs them", () => {
    expect([first, second]).toEqual(["npm ci && ./bin/dispatch.js run < examples/quickstart.json", "npm cit"]);
    expect(readFileSync(join(root, ".ci/run"), "utf8")).toMatch(/^npm cit$/m);
  });

  test("the first command checks and builds a small tool", async () => {
    await using rig = new Rig();
    const [, run = ""] = first.split("&& ");
    // The checkout gets no traces of tests.
    const env = { ...process.env, DISPATCH_TRACE_DIR: join(rig.folder, "traces") };
    const stdout = execFileSync("sh", ["-c", run], { cwd: root, env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    expect(JSON.parse(stdout)).toMatchObject({ status: "success", summary: { total_tasks: 5, successful: 5 } });
  });

  test("the table under the task file is the one that dispatch prints", async () => {
    await using rig = new Rig();
    rig.write("package.json", { scripts: { lint: "true", test: "true", build: "mkdir -p dist && echo 1 > dist/index.js" } });
    const file = rig.write("tasks.json", page.blocks("json")[0]?.text ?? "");
    const PATH = [dirname(process.execPath), process.env["PATH"]].join(delimiter);
    const { stderr } = await rig.run(["run", file, "-o", "results.json"], { env: { PATH } });
    expect(timeless(stderr)).toContain(timeless(page.blocks("text")[0]?.text ?? "no table"));
  });
});

/** Times, and the spaces that align them, vary. */
const timeless = (text: string): string => text.replaceAll(/ +\d+(\.\d+)? (ms|s)\b/g, " TIME").replaceAll(/ +time/g, " time");
