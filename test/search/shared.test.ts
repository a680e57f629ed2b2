import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { type OpenIndex, openIndex } from "../../src/search/open-index.ts";
import { search } from "../../src/search/search.ts";
import { listWorkspace } from "../../src/workspace/listing.ts";
import { Project } from "../context/project.ts";

const never = new AbortController().signal;

function open(project: Project, more: Partial<Parameters<typeof openIndex>[0]> = {}): Promise<OpenIndex> {
  const list = async () => (await listWorkspace(project.root, never)).files;
  return openIndex({ root: project.root, list, signal: never, ...more });
}

const found = (index: OpenIndex, question: string): string[] => search(index.store.db, question).map(({ path }) => path);

const index_of = (project: Project): string => join(project.root, ".dispatch/cache/rag.sqlite");

describe("an index that several runs share", () => {
  test("is built once, and every run finds everything", async () => {
    using project = new Project();
    // Enough files that several threads read them.
    for (let i = 0; i < 300; i++) project.write(`src/f${i}.py`, `def walrus_${i}():\n    return ${i}\n`);
    const indexes = await Promise.all(Array.from({ length: 4 }, () => open(project)));
    for (const index of indexes) {
      expect(index.notes).toEqual([]);
      expect(found(index, "walrus")).toHaveLength(300);
      index.close();
    }
    const db = new DatabaseSync(index_of(project));
    expect(db.prepare("SELECT count(*) AS n FROM files").get()?.["n"]).toBe(300);
    expect(db.prepare("SELECT count(*) AS n FROM chunks").get()?.["n"]).toBe(300);
    db.close();
  });

  test("is used without the update if another run is still updating it, with a note", async () => {
    using project = new Project();
    project.write("a.py", "narwhal = 1\n");
    (await open(project)).close();
    const other = new DatabaseSync(index_of(project));
    other.exec("BEGIN IMMEDIATE; DELETE FROM files; DELETE FROM chunks");
    project.write("b.py", "narwhal = 2\n");
    const meanwhile = await open(project, { max_wait_ms: 0 });
    expect(meanwhile.notes).toEqual([expect.stringContaining("Another run is still updating the rag: index")]);
    expect(found(meanwhile, "narwhal")).toEqual(["a.py"]);
    meanwhile.close();
    other.exec("ROLLBACK");
    other.close();
    const after = await open(project);
    expect(found(after, "narwhal")).toEqual(["a.py", "b.py"]);
    after.close();
  });

  test("is complete after a builder was killed during an update", async () => {
    using project = new Project();
    project.write("a.py", "otter = 1\n");
    (await open(project)).close();
    const script = `
      const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
      const db = new DatabaseSync(${JSON.stringify(index_of(project))});
      db.exec("PRAGMA cache_size = 1; BEGIN IMMEDIATE; DELETE FROM files; DELETE FROM chunks");
      for (let i = 0; i < 5000; i++) db.prepare("INSERT INTO words (path, symbols, body) VALUES ('a', 'b', ?)").run("otter ".repeat(50) + i);
      console.log("half way");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--no-warnings", "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    project.write("b.py", "otter = 2\n");
    const index = await open(project);
    expect(index.notes).toEqual([]);
    expect(found(index, "otter")).toEqual(["a.py", "b.py"]);
    index.close();
  });

  test("can be stopped while it is built, and is complete after the next build", async () => {
    using project = new Project();
    for (let i = 0; i < 300; i++) project.write(`f${i}.py`, `seal_${i} = 1\n`);
    const stop = new AbortController();
    const opening = open(project, { signal: stop.signal });
    stop.abort(new Error("stopped"));
    await expect(opening).rejects.toThrow("stopped");
    const index = await open(project);
    expect(found(index, "seal")).toHaveLength(300);
    index.close();
  });
});
