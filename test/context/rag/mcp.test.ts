import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { entryOf, Project, whyNot } from "../project.ts";

const server = join(import.meta.dirname, "mcp-server.mjs");
const key = "rag:tide tables";

/** Gathers with a server that behaves so, and tells which processes it had and what it was asked. */
async function gather(project: Project, mode: string, tool = "search", keys = [key]) {
  const log = join(project.root, ".git", "log");
  project.write(".git/log", "");
  const mcp = { command: [process.execPath, server, mode, log], tool };
  const pool = await project.gather(keys, { rag: { mcp } });
  const lines = readFileSync(log, "utf8").trim().split("\n");
  const asked = lines.filter((line) => line.startsWith("asked ")).map((line) => line.slice("asked ".length));
  return { pool, asked, pids: lines.filter((line) => /^\d+$/.test(line)).map(Number) };
}

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // What has ended and was not collected yet is gone too.
    return existsSync(`/proc/${pid}/stat`) && / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
};

describe("a server that speaks the Model Context Protocol", () => {
  test("joins what it knows to what the workspace says; a question is asked once, and the server is gone at the end", async () => {
    using project = new Project();
    project.write("tide.py", "tide_tables = 1\n");
    const { pool, asked, pids } = await gather(project, "answers");
    const { content, metadata } = entryOf(pool, key);
    expect(content).toContain("tide.py:1-1\ntide_tables = 1\n");
    expect(content).toContain("mcp:search\nThe handbook on tide tables.\n");
    expect(content).toContain("notes://7\nA note from elsewhere.\n");
    expect(metadata["results"]).toEqual([{ path: "tide.py", lines: [1, 1] }, { title: "mcp:search" }, { title: "notes://7" }]);
    expect(asked).toEqual(["tide tables"]);
    expect(pool.notes).toEqual([]);
    expect(pids.map(isGone)).toEqual([true]);
  });

  test("answers alone where the workspace says nothing", async () => {
    using project = new Project();
    project.write("a.py", "x = 1\n");
    const { pool } = await gather(project, "chatters");
    expect(entryOf(pool, key).content).toMatch(/^mcp:search\nThe handbook/);
  });

  test("that does not end by itself is ended with all that it has started", async () => {
    using project = new Project();
    project.write("tide.py", "tide_tables = 1\n");
    const { pool, pids } = await gather(project, "stays");
    expect(entryOf(pool, key).content).toContain("handbook");
    expect(pids).toHaveLength(2);
    expect(pids.map(isGone)).toEqual([true, true]);
  });

  test.each([
    ["exits", "it exited with 3 before it answered"],
    ["fails", "the tool search failed: the shelf is empty"],
    ["dies", "could not be asked"],
  ])("that %s costs nothing but a note, and is not asked again", async (mode, note) => {
    using project = new Project();
    project.write("tide.py", "tide_tables = 1\nwave = 2\n");
    const { pool, asked, pids } = await gather(project, mode, "search", [key, "rag:wave"]);
    for (const one of [key, "rag:wave"]) expect(entryOf(pool, one).content).toContain("tide_tables = 1");
    expect(pool.notes).toEqual([expect.stringContaining(note)]);
    expect(asked.length).toBeLessThanOrEqual(1);
    expect(pids.map(isGone)).toEqual([true]);
  });

  test("without such a tool is told by what it has; one that is not there, by its name", async () => {
    using project = new Project();
    project.write("a.py", "x = 1\n");
    const { pool } = await gather(project, "answers", "find");
    expect(pool.notes).toEqual([expect.stringContaining("it has no tool find; it has search")]);
    expect(whyNot(pool, key)).toBe("nothing in the workspace speaks of it");
    const absent = await project.gather([key], { rag: { mcp: { command: ["no-such-program"], tool: "search" } } });
    expect(absent.notes).toEqual([expect.stringContaining("The program no-such-program was not found")]);
  });
});
