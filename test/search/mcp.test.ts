import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { entryOf, Project, whyNot } from "../context/project.ts";

const server = join(import.meta.dirname, "mcp-server.mjs");
const key = "rag:tide tables";

/** Gathers with a server in the given mode. Returns the pool, the queries that it received and its process ids. */
async function gather(project: Project, mode: string, tool = "search", keys = [key]) {
  const log = join(project.root, ".git", "log");
  project.write(".git/log", "");
  const mcp = { command: [process.execPath, server, mode, log], tool };
  const pool = await project.gather(keys, { rag: { mcp } });
  const lines = readFileSync(log, "utf8").trim().split("\n");
  const queries = lines.filter((line) => line.startsWith("query ")).map((line) => line.slice("query ".length));
  return { pool, queries, pids: lines.filter((line) => /^\d+$/.test(line)).map(Number) };
}

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie has ended.
    return existsSync(`/proc/${pid}/stat`) && / Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return true;
  }
};

describe("an MCP server", () => {
  test("adds its results to those of the workspace, is queried once, and ends with the gathering", async () => {
    using project = new Project();
    project.write("tide.py", "tide_tables = 1\n");
    const { pool, queries, pids } = await gather(project, "responds");
    const { content, metadata } = entryOf(pool, key);
    expect(content).toContain("tide.py:1-1\ntide_tables = 1\n");
    expect(content).toContain("mcp:search\nThe handbook on tide tables.\n");
    expect(content).toContain("notes://7\nA note from elsewhere.\n");
    expect(metadata["results"]).toEqual([{ path: "tide.py", lines: [1, 1] }, { title: "mcp:search" }, { title: "notes://7" }]);
    expect(queries).toEqual(["tide tables"]);
    expect(pool.notes).toEqual([]);
    expect(pids.map(isGone)).toEqual([true]);
  });

  test("gives the only results if nothing in the workspace matches", async () => {
    using project = new Project();
    project.write("a.py", "x = 1\n");
    const { pool } = await gather(project, "logs-to-stdout");
    expect(entryOf(pool, key).content).toMatch(/^mcp:search\nThe handbook/);
  });

  test("that does not exit is ended with its process tree", async () => {
    using project = new Project();
    project.write("tide.py", "tide_tables = 1\n");
    const { pool, pids } = await gather(project, "stays");
    expect(entryOf(pool, key).content).toContain("handbook");
    expect(pids).toHaveLength(2);
    expect(pids.map(isGone)).toEqual([true, true]);
  });

  test.each([
    ["exits", "it exited with code 3 before it responded"],
    ["fails", "the tool search failed: the shelf is empty"],
    ["dies", "Cannot query MCP server"],
  ])("that %s only causes a note, and is not queried again", async (mode, note) => {
    using project = new Project();
    project.write("tide.py", "tide_tables = 1\nwave = 2\n");
    const { pool, queries, pids } = await gather(project, mode, "search", [key, "rag:wave"]);
    for (const one of [key, "rag:wave"]) expect(entryOf(pool, one).content).toContain("tide_tables = 1");
    expect(pool.notes).toEqual([expect.stringContaining(note)]);
    expect(queries.length).toBeLessThanOrEqual(1);
    expect(pids.map(isGone)).toEqual([true]);
  });

  test("without the tool, or whose program does not exist, causes a note", async () => {
    using project = new Project();
    project.write("a.py", "x = 1\n");
    const { pool } = await gather(project, "responds", "find");
    expect(pool.notes).toEqual([expect.stringContaining("it has no tool find; its tools: search")]);
    expect(whyNot(pool, key)).toBe("nothing in the workspace matches");
    const absent = await project.gather([key], { rag: { mcp: { command: ["no-such-program"], tool: "search" } } });
    expect(absent.notes).toEqual([expect.stringContaining("The program no-such-program was not found")]);
  });
});
