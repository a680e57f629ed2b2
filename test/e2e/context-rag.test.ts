/** `rag:` keys with the real binary. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Rig, task } from "../support/rig.ts";

const show = 'cat "$DISPATCH_CONTEXT_FILE"';
const needs = (task_id: string, keys: readonly string[]) => task(task_id, show, { context_requirements: keys });

/** The output of a task that runs `show`. */
const printed = (output: unknown) => output as Record<string, { type: string; content: string; metadata: object }>;

describe("rag: keys", () => {
  test("give every task the same passages, and leave git status clean", async () => {
    await using rig = new Rig();
    execFileSync("git", ["init", "-q"], { cwd: rig.folder });
    rig.write(".gitignore", "traces/\n");
    rig.write("src/session.py", "def expire_sessions(now):\n    return []\n");
    rig.write("src/chart.py", "def draw():\n    return 1\n");
    execFileSync("git", ["add", "."], { cwd: rig.folder });
    const key = "rag:when do sessions expire";
    const { result, exit_code } = await rig.dispatch({ tasks: [needs("a", [key]), needs("b", [key])] });
    expect(exit_code).toBe(0);
    for (const { output } of result.results) {
      expect(printed(output)[key]).toMatchObject({
        type: "rag",
        content: "src/session.py:1-2 (expire_sessions)\ndef expire_sessions(now):\n    return []\n",
        metadata: { query: "when do sessions expire", results: [{ path: "src/session.py", lines: [1, 2] }] },
      });
    }
    expect(result.context).toMatchObject({ items: 1 });
    expect(existsSync(join(rig.folder, ".dispatch/cache/rag.sqlite"))).toBe(true);
    expect(execFileSync("git", ["status", "--porcelain"], { cwd: rig.folder, encoding: "utf8" })).not.toContain(".dispatch");
  });

  test("are missing with a reason if they find nothing; a server that does not start causes a note", async () => {
    await using rig = new Rig();
    rig.write("a.py", "x = 1\n");
    const rag = { mcp: { command: ["no-such-program"], tool: "search" } };
    const { result, stderr } = await rig.dispatch({
      tasks: [needs("a", ["rag:zeppelin"])],
      config: { context: { rag } },
    });
    expect(result.results[0]?.context?.missing).toEqual([{ key: "rag:zeppelin", why: "nothing in the workspace matches" }]);
    expect(stderr).toContain("The program no-such-program was not found");
  });

  test("give two concurrent runs the same result", async () => {
    await using rig = new Rig();
    for (let i = 0; i < 250; i++) rig.write(`src/f${i}.py`, `def walrus_${i}():\n    return ${i}\n`);
    const key = "rag:walrus 77";
    const file = { tasks: [needs("a", [key])] };
    const runs = await Promise.all([rig.dispatch(file), rig.dispatch(file)]);
    const [first, second] = runs.map(({ result }) => printed(result.results[0]?.output)[key]?.content);
    expect(first).toContain("src/f77.py:1-2 (walrus_77)");
    expect(second).toBe(first);
  });
});
