import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, renameSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { entryOf, keysOf, Project, whyNot } from "./project.ts";

describe("a path", () => {
  test("gives the file under the key that the task names", async () => {
    using project = new Project();
    project.write("src/auth.py", "def login(): ...\n");
    for (const key of [
      "file:src/auth.py",
      "file:./src/auth.py",
      "file:src/../src/auth.py",
      `file:${project.root}/src/auth.py`,
    ]) {
      const pool = await project.gather([key]);
      expect(entryOf(pool, key)).toMatchObject({
        type: "file",
        content: "def login(): ...\n",
        metadata: { path: "src/auth.py", bytes: 17, language: "python" },
      });
    }
  });

  test.each(["../out.txt", "/etc/passwd", "src/../../out.txt", "../*"])(
    "is refused outside the workspace: %s",
    async (path) => {
      using outer = new Project();
      outer.write("out.txt", "SECRET");
      outer.write("in/src/a", "");
      using project = new Project();
      const pool = await project.gather([`file:${path}`], { workspace_path: join(outer.root, "in") });
      expect(whyNot(pool, `file:${path}`)).toBe("it is outside the workspace");
      expect(keysOf(pool)).toEqual([]);
    },
  );

  test("is refused if it leads outside the workspace through a link", async () => {
    using outside = new Project();
    outside.write("secret.txt", "SECRET");
    using project = new Project();
    project.link("file-link", join(outside.root, "secret.txt"));
    project.link("folder-link", outside.root);
    project.link("nested/up", "../..");
    const keys = ["file:file-link", "file:folder-link/secret.txt", "file:nested/up/etc", "structure:folder-link"];
    const pool = await project.gather(keys);
    for (const key of keys.slice(0, 2)) expect(whyNot(pool, key)).toBe("the link leads outside the workspace");
    expect(whyNot(pool, "structure:folder-link")).toBe("the link leads outside the workspace");
    expect(keysOf(pool)).toEqual([]);
  });

  test("follows a link inside the workspace, unless its target is private or ignored", async () => {
    using project = new Project();
    project.write("src/a.txt", "plain");
    project.write(".env", "TOKEN=1");
    project.write(".gitignore", "hidden/\n");
    project.write("hidden/b.txt", "hidden");
    project.link("to-a", "src/a.txt");
    project.link("to-env", ".env");
    project.link("to-hidden", "hidden/b.txt");
    const pool = await project.gather(["file:to-a", "file:to-env", "file:to-hidden"]);
    expect(entryOf(pool, "file:to-a").content).toBe("plain");
    expect(whyNot(pool, "file:to-env")).toBe("the link leads to .env, which must be named directly");
    expect(whyNot(pool, "file:to-hidden")).toContain("which must be named directly");
  });

  test("reports broken links, folders, FIFOs and absent files as missing", async () => {
    using project = new Project();
    project.link("broken", "nothing");
    project.link("round", "round");
    mkdirSync(join(project.root, "folder"));
    execFileSync("mkfifo", [join(project.root, "fifo")]);
    project.write("file", "x");
    const keys = ["file:broken", "file:round", "file:folder", "file:fifo", "file:nope", "file:file/x"];
    const pool = await project.gather(keys);
    expect(keys.map((key) => whyNot(pool, key))).toEqual([
      "broken link",
      "broken link",
      "it is a folder; use a structure: key",
      "not a regular file",
      "no such file",
      "no such file",
    ]);
  });

  test.each([".git/config", ".git/HEAD"])("is refused inside .git even if it is named directly: %s", async (path) => {
    using project = new Project();
    project.git("init", "--quiet");
    const pool = await project.gather([`file:${path}`]);
    expect(whyNot(pool, `file:${path}`)).toBe("it is internal to git or dispatch");
  });
});

describe("a private or ignored file", () => {
  const secrets = [
    ".env",
    ".env.local",
    "deploy/prod.env",
    "id_rsa",
    "server.key",
    "cert.pem",
    ".npmrc",
    ".ssh/config",
    "secrets.yaml",
  ];

  test.each([true, false])("is not found by a glob, a bare name or auto; git: %s", async (has_git) => {
    using project = new Project();
    for (const name of secrets) project.write(name, "SECRET");
    project.write("build/out.txt", "SECRET");
    project.write("sub/local.txt", "SECRET");
    project.write(".gitignore", "build/\n");
    project.write("sub/.gitignore", "local.txt\n");
    project.write("src/app.txt", "plain");
    project.write(".env.example", "TOKEN=");
    if (has_git) {
      project.git("init", "--quiet");
      project.git("add", "--force", ".env", "server.key", "src");
    }
    const keys = ["file:**/*", "file:out.txt", "file:local.txt", "file:prod.env", "structure:.", "pattern:secret", "auto"];
    const pool = await project.gather(keys, { text: "the secret server key and .env" });
    const given = JSON.stringify([...(pool.packed("a")?.entries ?? [])]);
    expect(given).not.toContain("SECRET");
    for (const name of secrets) expect(given, name).not.toContain(`${name}"`);
    expect(keysOf(pool)).toEqual(expect.arrayContaining(["file:src/app.txt", "file:.env.example", "file:.gitignore"]));
    expect(whyNot(pool, "file:prod.env")).toBe("no such file");
  });

  test("is given if a task names it directly", async () => {
    using project = new Project();
    project.write(".env", "TOKEN=1");
    project.write(".gitignore", "build/\n");
    project.write("build/out.txt", "made");
    project.git("init", "--quiet");
    const pool = await project.gather(["file:.env", "file:build/out.txt"]);
    expect(pool.missing).toEqual([]);
    expect(keysOf(pool)).toEqual(["file:.env", "file:build/out.txt"]);
  });
});

describe("a glob", () => {
  test("gives every matching file under its own name", async () => {
    using project = new Project();
    for (const name of ["src/a.py", "src/deep/b.py", "src/c.ts", "d.py"]) project.write(name, name);
    expect(keysOf(await project.gather(["file:src/**/*.py"]))).toEqual(["file:src/a.py", "file:src/deep/b.py"]);
    expect(keysOf(await project.gather(["file:./src/*.{py,ts}"]))).toEqual(["file:src/a.py", "file:src/c.ts"]);
    expect(whyNot(await project.gather(["file:*.rb"]), "file:*.rb")).toBe("no file matches");
  });

  test("reports how many files are left out if it matches too many", async () => {
    using project = new Project();
    for (let i = 0; i < 1010; i++) project.write(`many/${i}.txt`, "x");
    const pool = await project.gather(["file:many/*"]);
    const given = keysOf(pool);
    expect(given.at(-1)).toBe("file:many/*");
    expect(entryOf(pool, "file:many/*").metadata).toEqual({ reduced: "left out", files: 1001 - given.length });
    const all = await project.gather(["file:many/*"], { max_tokens_per_task: 1_000_000 });
    expect(keysOf(all)).toHaveLength(1000);
    expect(pool.notes).toEqual(["file:many/* matches 1010 files; the last 10 are left out. Use a narrower glob."]);
  });

  test("may be longer than a file name can be", async () => {
    using project = new Project();
    project.write("src/fig.txt", "fig");
    const names = Array.from({ length: 100 }, (_, i) => `name${i}`).join(",");
    const pool = await project.gather([`file:src/{${names},fig}.txt`, `file:${"x".repeat(5000)}`]);
    expect(keysOf(pool)).toEqual(["file:src/fig.txt"]);
    expect(pool.missing.map(({ why }) => why)).toEqual(["no such file"]);
  });

  test("yields to a file whose name looks like a glob", async () => {
    using project = new Project();
    project.write("app/[id]/page.tsx", "export const Page = 1;");
    expect(entryOf(await project.gather(["file:app/[id]/page.tsx"]), "file:app/[id]/page.tsx").content).toContain("Page");
  });
});

describe("a bare name", () => {
  test("gives the match nearest to the root, and lists all matches", async () => {
    using project = new Project();
    for (const name of ["lib/core/auth.py", "src/auth.py", "app/auth.py", "my_auth.py"]) project.write(name, name);
    const pool = await project.gather(["file:auth.py", "file:core/auth.py"]);
    expect(entryOf(pool, "file:auth.py")).toMatchObject({
      content: "app/auth.py",
      metadata: { path: "app/auth.py", matches: ["app/auth.py", "src/auth.py", "lib/core/auth.py"] },
    });
    expect(entryOf(pool, "file:core/auth.py").content).toBe("lib/core/auth.py");
  });

  test("yields to a file at the exact path", async () => {
    using project = new Project();
    project.write("a/auth.py", "deep");
    project.write("auth.py", "here");
    expect(entryOf(await project.gather(["file:auth.py"]), "file:auth.py").content).toBe("here");
  });

  test("is found in either Unicode normalization form", async () => {
    using project = new Project();
    project.write(`src/${"café.txt".normalize("NFD")}`, "au lait");
    project.write("src/日本語/説明.md", "# 説明");
    const pool = await project.gather([`file:${"café.txt".normalize("NFC")}`, "file:説明.md", "file:src/日本語/*"]);
    expect(pool.missing).toEqual([]);
    expect(keysOf(pool)).toContain("file:src/日本語/説明.md");
  });
});

describe("content", () => {
  test("is omitted if it is binary", async () => {
    using project = new Project();
    project.write("logo.png", Buffer.from([0x89, 0x50, 0, 0, 1, 2]));
    project.write("noise.bin", Buffer.from(Array.from({ length: 3000 }, (_, i) => 128 + ((i * 7) % 127))));
    const pool = await project.gather(["file:logo.png", "file:noise.bin"]);
    for (const key of ["file:logo.png", "file:noise.bin"])
      expect(entryOf(pool, key)).toMatchObject({ content: "", metadata: { binary: true } });
    expect(pool.packed("a")?.tokens).toBe(0);
  });

  test("with invalid UTF-8 is given with a note", async () => {
    using project = new Project();
    project.write("latin1.txt", Buffer.from("Stra\xdfe nach M\xfcnchen, hin und zur\xfcck, immer wieder gerne\n", "latin1"));
    project.write("bom.txt", "\ufefftext");
    const pool = await project.gather(["file:latin1.txt", "file:bom.txt"]);
    expect(entryOf(pool, "file:latin1.txt").content).toContain("Stra\ufffde nach");
    expect(entryOf(pool, "file:latin1.txt").metadata["notes"]).toEqual(["not valid UTF-8; invalid bytes are shown as U+FFFD"]);
    expect(entryOf(pool, "file:bom.txt").content).toBe("text");
  });

  test("of a file of 1 GB is read only up to the read limit", async () => {
    using project = new Project();
    const file = project.write("huge.log", "line of a log\n".repeat(100_000));
    truncateSync(file, 1024 ** 3);
    const before = process.memoryUsage().rss;
    const pool = await project.gather(["file:huge.log"]);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    const { content, metadata } = entryOf(pool, "file:huge.log");
    expect(metadata).toMatchObject({ bytes: 1024 ** 3, read_bytes: 1024 * 1024, reduced: "cut" });
    expect(content).toContain("… [cut: the first ");
  });

  test("is not cut inside a character", async () => {
    using project = new Project();
    project.write("wide.txt", `${"x".repeat(1024 * 1024 - 1)}日本`);
    const pool = await project.gather(["file:wide.txt"], { max_tokens_per_task: 10_000_000 });
    expect(String(entryOf(pool, "file:wide.txt").content).endsWith("x")).toBe(true);
  });

  test("is missing if it cannot be read", async () => {
    using project = new Project();
    chmodSync(project.write("closed.txt", "x"), 0);
    const pool = await project.gather(["file:closed.txt"]);
    // Root can read everything.
    if (process.getuid?.() === 0) expect(pool.missing).toEqual([]);
    else expect(whyNot(pool, "file:closed.txt")).toContain("cannot be read");
  });
});

describe("when the task starts", () => {
  test("files that an upstream task created or changed are read, and those it removed are missing", async () => {
    using project = new Project();
    project.write("kept.txt", "kept");
    project.write("changed.txt", "before");
    project.write("removed.txt", "soon gone");
    const keys = ["file:kept.txt", "file:changed.txt", "file:removed.txt", "file:made.txt", "file:out/*.txt"];
    const pool = await project.gather(keys, { has_upstream: true });
    // An upstream task may still create them.
    expect(pool.missing).toEqual([]);
    expect(pool.packed("a")?.missing.map(({ key }) => key)).toEqual(["file:made.txt", "file:out/*.txt"]);
    project.write("changed.txt", "after it all");
    project.write("made.txt", "made");
    project.write("out/1.txt", "one");
    rmSync(join(project.root, "removed.txt"));
    const packed = await pool.provide("a", new AbortController().signal);
    expect([...(packed?.entries ?? [])].map(([key, { content }]) => [key, content])).toEqual([
      ["file:kept.txt", "kept"],
      ["file:changed.txt", "after it all"],
      ["file:made.txt", "made"],
      ["file:out/1.txt", "one"],
    ]);
    expect(packed?.missing).toEqual([{ key: "file:removed.txt", why: "no such file" }]);
    expect(packed?.added.items).toBe(3);
  });

  test("a new file at the exact path overrides one that was found elsewhere", async () => {
    using project = new Project();
    project.write("lib/auth.py", "elsewhere");
    const pool = await project.gather(["file:auth.py"], { has_upstream: true });
    expect(entryOf(pool, "file:auth.py").content).toBe("elsewhere");
    project.write("auth.py", "here");
    expect((await pool.provide("a", new AbortController().signal))?.entries.get("file:auth.py")?.content).toBe("here");
  });

  test("a file that was replaced by another of the same size is read again", async () => {
    using project = new Project();
    project.write("a.txt", "one");
    const pool = await project.gather(["file:a.txt"], { has_upstream: true });
    renameSync(project.write("b.txt", "two"), join(project.root, "a.txt"));
    expect((await pool.provide("a", new AbortController().signal))?.entries.get("file:a.txt")?.content).toBe("two");
  });

  test("a task without upstream tasks is given what was gathered", async () => {
    using project = new Project();
    project.write("a.txt", "one");
    const pool = await project.gather(["file:a.txt"]);
    project.write("a.txt", "another");
    expect((await pool.provide("a", new AbortController().signal))?.entries.get("file:a.txt")?.content).toBe("one");
  });
});
