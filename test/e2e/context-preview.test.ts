import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Rig, task } from "../support/rig.ts";

/** Prints the context of the task. */
const show = 'cat "$DISPATCH_CONTEXT_FILE"';

const needs = (task_id: string, keys: readonly string[], more: Record<string, unknown> = {}) =>
  task(task_id, show, { context_requirements: keys, ...more });

describe("dispatch context", () => {
  const file = {
    tasks: [
      needs("a", ["file:src/big.ts", "file:nope.py"]),
      needs("b", ["file:made.txt", "structure:src"], { dependencies: ["a"] }),
      task("c", "true"),
    ],
    config: { context: { max_tokens_per_task: 300 } },
  };
  const big = Array.from({ length: 200 }, (_, i) => `export function f${i}(): void {\n  console.log(${i});\n}\n`).join("");

  test("shows keys, tokens, reductions and missing keys, and writes nothing", async () => {
    await using rig = new Rig();
    rig.write("src/big.ts", big);
    const before = readdirSync(rig.folder);
    const { stdout, exit_code } = await rig.run(["context"], { input: file });
    expect(exit_code).toBe(0);
    expect(stdout).toMatch(
      /^a: \d+ of 300 tokens \(\d+ %\), plus \d+ for keys and metadata\nfile:src\/big\.ts +\d+ +outline, cut\nfile:nope\.py +missing: no such file\n/,
    );
    expect(stdout).toMatch(
      /\nb: \d+ of 300 tokens \(\d+ %\), plus \d+ for keys and metadata\nstructure:src +\d+\nfile:made\.txt +pending\n/,
    );
    expect(stdout).not.toContain("c:");
    expect(readdirSync(rig.folder)).toEqual(before);
  });

  test("warns if the budget has no room for content, and so does the run", async () => {
    await using rig = new Rig();
    rig.write("src/big.ts", big);
    const small = { ...file, config: { context: { max_tokens_per_task: 20 } } };
    const note = "max_tokens_per_task (20) is too small for a, b: only names fit.";
    expect((await rig.run(["context"], { input: small })).stdout).toContain(note);
    expect((await rig.run(["run"], { input: small })).stderr).toContain(note);
  });

  test("reports that context is turned off", async () => {
    await using rig = new Rig();
    const { stdout, exit_code } = await rig.run(["context", "--no-context"], { input: file });
    expect(exit_code).toBe(0);
    expect(stdout).toBe("Context is disabled by --no-context or context.enabled.\n");
  });

  test("prints the same as JSON, and the run matches it", async () => {
    await using rig = new Rig();
    rig.write("src/big.ts", big);
    const { stdout } = await rig.run(["context", "--json"], { input: file });
    const preview = JSON.parse(stdout) as {
      context: { items: number; pool_tokens: number };
      tasks: {
        task_id: string;
        tokens: number;
        keys: { key: string; tokens: number }[];
        missing: unknown[];
        pending: string[];
      }[];
    };
    expect(preview.tasks.map(({ task_id }) => task_id)).toEqual(["a", "b"]);
    expect(preview.tasks[1]).toMatchObject({ pending: ["file:made.txt"], missing: [] });
    const { result } = await rig.dispatch(file);
    expect(result.results.slice(0, 2).map(({ context }) => context?.tokens)).toEqual(preview.tasks.map(({ tokens }) => tokens));
    expect(result.context).toMatchObject((({ items, pool_tokens }) => ({ items, pool_tokens }))(preview.context));
  });

  test("names the option to use if no task has requirements", async () => {
    await using rig = new Rig();
    const { stdout, exit_code } = await rig.run(["context"], { input: { tasks: [task("a", "true")] } });
    expect({ stdout, exit_code }).toEqual({
      stdout: "No task has context_requirements. --enable-context gathers context for every task.\n",
      exit_code: 0,
    });
  });
});
