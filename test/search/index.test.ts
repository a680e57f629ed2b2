import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import type { ContextPool } from "../../src/context/index.ts";
import { entryOf, Project, whyNot } from "../context/project.ts";

const index_file = ".dispatch/cache/rag.sqlite";

/** Returns the paths that a query found, best first. */
const pathsOf = (pool: ContextPool, key: string): unknown[] => {
  const { results } = entryOf(pool, key).metadata as { results: { path: string }[] };
  return results.map(({ path }) => path);
};

/** Opens the index to inspect or damage it. */
const openIndex = (project: Project): DatabaseSync => new DatabaseSync(join(project.root, index_file));

describe("rag:", () => {
  test("gives matching passages with their files and lines", async () => {
    using project = new Project();
    project.write("src/login.py", "import os\n\ndef check_password(user):\n    return user.password_hash\n");
    project.write("src/other.py", "def draw_chart():\n    pass\n");
    const key = "rag:how are passwords checked";
    const { type, content, metadata } = entryOf(await project.gather([key]), key);
    expect(type).toBe("rag");
    expect(content).toBe(
      "src/login.py:1-4 (check_password)\nimport os\n\ndef check_password(user):\n    return user.password_hash\n",
    );
    expect(metadata).toMatchObject({ query: "how are passwords checked", results: [{ path: "src/login.py", lines: [1, 4] }] });
  });

  test("ranks definitions above uses, and code above tests and documents unless the query mentions them", async () => {
    using project = new Project();
    project.write("src/retry.ts", "export function retryPolicy() { return 1; }\n");
    project.write("src/client.ts", 'import { retryPolicy } from "./retry";\nconst a = retryPolicy();\nconst b = 2;\n');
    project.write("test/retry.test.ts", "retryPolicy retryPolicy retry policy\n");
    project.write("docs/retry.md", "# Retry policy\n\nretryPolicy, the retry policy\n");
    const [code, tests] = ["rag:retry policy", "rag:tests of the retry policy"];
    const pool = await project.gather([code, tests]);
    expect(pathsOf(pool, code)[0]).toBe("src/retry.ts");
    expect(pathsOf(pool, tests)[0]).toBe("test/retry.test.ts");
  });

  test("is missing if nothing matches or the query is empty", async () => {
    using project = new Project();
    project.write("a.py", "x = 1\n");
    const pool = await project.gather(["rag:zeppelin", "rag: ", 'rag:"* AND (']);
    expect(whyNot(pool, "rag:zeppelin")).toBe("nothing in the workspace matches");
    expect(whyNot(pool, "rag: ")).toBe("the query is empty");
    expect(whyNot(pool, 'rag:"* AND (')).toBe("nothing in the workspace matches");
  });

  test("is queried again for a task whose upstream tasks have changed the workspace", async () => {
    using project = new Project();
    project.write("one.py", "def walrus():\n    return 1\n");
    const key = "rag:walrus";
    const { signal } = new AbortController();
    const pool = await project.gather([key, "rag:penguin"], { has_upstream: true });
    // An upstream task may still create a match.
    expect(pool.missing).toEqual([]);
    project.write("two.py", "def walrus_and_penguin():\n    return 2\n");
    const packed = await pool.provide("a", signal);
    expect(packed?.missing).toEqual([]);
    expect(packed?.entries.get(key)?.metadata["results"]).toHaveLength(2);
    project.write("one.py", "def emptied():\n    pass\n");
    expect(JSON.stringify((await pool.provide("a", signal))?.entries.get(key))).not.toContain("one.py");
  });

  test("is not queried again if nothing has changed", async () => {
    using project = new Project();
    project.write("one.py", "def walrus():\n    return 1\n");
    const pool = await project.gather(["rag:walrus"], { has_upstream: true });
    expect(await pool.provide("a", new AbortController().signal)).toBe(pool.packed("a"));
  });

  test("gives fewer passages if the budget is small", async () => {
    using project = new Project();
    for (let i = 0; i < 6; i++)
      project.write(`part${i}.py`, `def rocket_${i}():\n${"    launch = 'rocket engine'\n".repeat(30)}`);
    const key = "rag:rocket engine";
    const pool = await project.gather([key], { max_tokens_per_task: 900 });
    const paths = pathsOf(pool, key);
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.length).toBeLessThan(6);
    expect(pool.packed("a")?.tokens).toBeLessThanOrEqual(900);
  });

  test("never reads private or ignored files, links, binaries or huge files", async () => {
    using outside = new Project();
    outside.write("far.py", "xylophone = 'outside'\n");
    using project = new Project();
    project.git("init", "-q");
    project.write(".gitignore", "build/\n");
    project.write(".env", "xylophone=env\n");
    project.write("server.key", "xylophone\n");
    project.write("build/out.py", "xylophone = 'built'\n");
    project.write("data.bin", Buffer.from("xylophone\0\0"));
    project.write("huge.txt", "xylophone ".repeat(200_000));
    project.link("link.py", join(outside.root, "far.py"));
    project.link("folder", outside.root);
    const pool = await project.gather(["rag:xylophone"]);
    expect(whyNot(pool, "rag:xylophone")).toBe("nothing in the workspace matches");
    project.write("song.py", "xylophone = 'mine'\n");
    expect(pathsOf(await project.gather(["rag:xylophone"]), "rag:xylophone")).toEqual(["song.py"]);
  });

  test("ranks files by the subjects of their commits, and runs no program that the repository configures", async () => {
    using project = new Project();
    project.git("init", "-q");
    project.write("src/one.py", "alpha = 1\n# shared\n");
    project.write("src/two.py", "beta = 1\n# shared\n");
    project.git("add", ".");
    project.git("commit", "-qm", "start");
    project.write("src/two.py", "beta = 2\n# shared\n");
    project.git("commit", "-qam", "Fix the frobnicator of shared values");
    project.git("config", "core.fsmonitor", `touch ${join(project.root, "ran")}; false`);
    project.git("config", "log.showSignature", "true");
    project.git("config", "gpg.program", `touch ${join(project.root, "ran")}; false`);
    const key = "rag:shared frobnicator";
    expect(pathsOf(await project.gather([key]), key)).toEqual(["src/two.py", "src/one.py"]);
    expect(existsSync(join(project.root, "ran"))).toBe(false);
  });

  test("reads the commits of its own repository inside a git hook, which points git elsewhere", async () => {
    using other = new Project();
    other.git("init", "-q");
    other.write("src/one.py", "");
    other.git("add", ".");
    other.git("commit", "-qm", "frobnicator");
    using project = new Project();
    project.git("init", "-q");
    project.write("src/one.py", "# shared\n");
    project.write("src/two.py", "# shared\n");
    project.git("add", ".");
    project.git("commit", "-qm", "start");
    project.write("src/two.py", "# shared\n\n");
    project.git("commit", "-qam", "frobnicator");
    process.env["GIT_DIR"] = join(other.root, ".git");
    try {
      const key = "rag:shared frobnicator";
      expect(pathsOf(await project.gather([key]), key)).toEqual(["src/two.py", "src/one.py"]);
    } finally {
      delete process.env["GIT_DIR"];
    }
  });
});

describe("the index", () => {
  test("is readable by its owner only", async () => {
    using project = new Project();
    project.write("a.py", "x = 1\n");
    await project.gather(["rag:x"]);
    const folder = join(project.root, ".dispatch/cache");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "rag.sqlite")).mode & 0o777).toBe(0o600);
  });

  test("is hidden from git", async () => {
    using project = new Project();
    project.git("init", "-q");
    project.write("a.py", "x = 1\n");
    project.git("add", ".");
    project.git("commit", "-qm", "start");
    await project.gather(["rag:x1"]);
    expect(existsSync(join(project.root, index_file))).toBe(true);
    expect(execFileSync("git", ["status", "--porcelain"], { cwd: project.root, encoding: "utf8" })).toBe("");
  });

  test("follows added, changed and deleted files, and reads no other file again", async () => {
    using project = new Project();
    const old = new Date("2020-01-01");
    const write = (path: string, content: string): void => utimesSync(project.write(path, content), old, old);
    write("keep.py", "apple = 1\n");
    write("change.py", "banana = 1\n");
    write("gone.py", "cherry = 1\n");
    await project.gather(["rag:apple"]);
    const db = openIndex(project);
    const ids = () =>
      Object.fromEntries(
        db
          .prepare("SELECT path, id FROM files")
          .all()
          .map((row) => [row["path"], row["id"]]),
      );
    const before = ids();
    write("change.py", "dragonfruit = 1\n");
    rmSync(join(project.root, "gone.py"));
    write("new.py", "elderberry = 1\n");
    const keys = ["rag:apple", "rag:banana", "rag:cherry", "rag:dragonfruit", "rag:elderberry"];
    const pool = await project.gather(keys);
    expect(whyNot(pool, "rag:banana")).toBeDefined();
    expect(whyNot(pool, "rag:cherry")).toBeDefined();
    expect(pathsOf(pool, "rag:dragonfruit")).toEqual(["change.py"]);
    expect(pathsOf(pool, "rag:elderberry")).toEqual(["new.py"]);
    const after = ids();
    expect(after["keep.py"]).toBe(before["keep.py"]);
    expect(Object.keys(after).sort()).toEqual(["change.py", "keep.py", "new.py"]);
    // A different time alone is recorded, but the file is not split again.
    const chunks = db.prepare("SELECT id FROM chunks ORDER BY id").all();
    utimesSync(join(project.root, "keep.py"), new Date("2021-01-01"), new Date("2021-01-01"));
    await project.gather(["rag:apple"]);
    expect(db.prepare("SELECT id FROM chunks ORDER BY id").all()).toEqual(chunks);
    expect(db.prepare("SELECT mtime_ms FROM files WHERE path = 'keep.py'").get()?.["mtime_ms"]).toBe(Date.parse("2021-01-01"));
    db.close();
  });

  test("detects a change with equal size and time if the time was too recent to be trusted", async () => {
    using project = new Project();
    // In the future, so that it is recent however long the test takes.
    const soon = new Date(Date.now() + 3_600_000);
    utimesSync(project.write("quick.py", "mango = 1\n"), soon, soon);
    await project.gather(["rag:mango"]);
    utimesSync(project.write("quick.py", "guava = 1\n"), soon, soon);
    expect(pathsOf(await project.gather(["rag:guava"]), "rag:guava")).toEqual(["quick.py"]);
  });

  test.each(["damaged", "not a database", "of another version", "created by another program"])(
    "is rebuilt with a note if it is %s",
    async (what) => {
      using project = new Project();
      for (let i = 0; i < 60; i++) project.write(`f${i}.py`, `${`papaya_${i} = 1\n`.repeat(50)}`);
      await project.gather(["rag:papaya"]);
      const file = join(project.root, index_file);
      if (what === "damaged") {
        const bytes = readFileSync(file);
        bytes.fill(0xa5, 4096);
        writeFileSync(file, bytes);
      } else if (what === "not a database") writeFileSync(file, "hello ".repeat(1000));
      else {
        const db = openIndex(project);
        db.exec(
          what === "of another version"
            ? "PRAGMA user_version = 999"
            : "CREATE TRIGGER t AFTER INSERT ON files BEGIN DELETE FROM chunks; END",
        );
        db.close();
      }
      const pool = await project.gather(["rag:papaya"]);
      expect(pathsOf(pool, "rag:papaya").length).toBeGreaterThan(0);
      expect(pool.notes.join()).toContain("The rag: index was rebuilt");
      expect((await project.gather(["rag:papaya"])).notes).toEqual([]);
    },
  );

  test("is trusted only about files that may be read", async () => {
    using project = new Project();
    project.write("a.py", "kiwi = 1\n");
    project.write(".env", "kiwi=SECRET\nmore=SECRET\n");
    await project.gather(["rag:kiwi"]);
    const db = openIndex(project);
    db.prepare("UPDATE files SET path = '.env' WHERE path = 'a.py'").run();
    db.close();
    const content = entryOf(await project.gather(["rag:kiwi"]), "rag:kiwi").content;
    expect(content).not.toContain("SECRET");
  });

  test("of a workspace that cannot be written is in the user's cache, with a note", async () => {
    using cache = new Project();
    using project = new Project();
    project.write("a.py", "lychee = 1\n");
    // A file in place of the folder stops even root.
    project.write(".dispatch", "");
    const before = process.env["XDG_CACHE_HOME"];
    process.env["XDG_CACHE_HOME"] = cache.root;
    try {
      const pool = await project.gather(["rag:lychee"]);
      expect(pathsOf(pool, "rag:lychee")).toEqual(["a.py"]);
      expect(pool.notes.join()).toContain(`is stored in ${cache.root}`);
      rmSync(cache.root, { recursive: true });
      writeFileSync(cache.root, "");
      const nowhere = await project.gather(["rag:lychee"]);
      expect(pathsOf(nowhere, "rag:lychee")).toEqual(["a.py"]);
      expect(nowhere.notes.join()).toContain("The rag: index is temporary");
    } finally {
      if (before === undefined) delete process.env["XDG_CACHE_HOME"];
      else process.env["XDG_CACHE_HOME"] = before;
    }
  });

  test("is not written through a link", async () => {
    using cache = new Project();
    using outside = new Project();
    using project = new Project();
    project.write("a.py", "quince = 1\n");
    mkdirSync(join(project.root, ".dispatch"));
    project.link(".dispatch/cache", outside.root);
    const before = process.env["XDG_CACHE_HOME"];
    process.env["XDG_CACHE_HOME"] = cache.root;
    try {
      const pool = await project.gather(["rag:quince"]);
      expect(pathsOf(pool, "rag:quince")).toEqual(["a.py"]);
      expect(existsSync(join(outside.root, "rag.sqlite"))).toBe(false);
      rmSync(join(project.root, ".dispatch"), { recursive: true });
      project.link(".dispatch", outside.root);
      expect(pathsOf(await project.gather(["rag:quince"]), "rag:quince")).toEqual(["a.py"]);
      expect(readdirSync(outside.root)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env["XDG_CACHE_HOME"];
      else process.env["XDG_CACHE_HOME"] = before;
    }
  });

  test("ignores a file that cannot be read", async () => {
    using project = new Project();
    project.write("a.py", "plum = 1\n");
    chmodSync(project.write("closed.py", "plum = 2\n"), 0);
    project.link("broken.py", "nowhere");
    expect(pathsOf(await project.gather(["rag:plum"]), "rag:plum")).toContain("a.py");
  });
});
