import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createTokenCounter } from "../../src/context/tokens.ts";
import { entryOf, Project, whyNot } from "./project.ts";

const counter = createTokenCounter();
const treeOf = (content: unknown): string => (content as { tree: string }).tree;

describe("a folder", () => {
  test("is given as a tree with counts, languages and sizes", async () => {
    using project = new Project();
    project.write("src/auth/login.py", "x".repeat(1500));
    project.write("src/auth/token.py", "x");
    project.write("src/main.ts", "x");
    project.write("README.md", "# x");
    const pool = await project.gather(["structure:."]);
    expect(entryOf(pool, "structure:.")).toEqual({
      type: "structure",
      content: {
        path: ".",
        files: 4,
        folders: 2,
        bytes: 1505,
        languages: { python: 2, typescript: 1, markdown: 1 },
        tree: [
          "src/ 3 files, python 2, 2K",
          "  auth/ 2 files, python 2, 2K",
          "    login.py 2K",
          "    token.py 1B",
          "  main.ts 1B",
          "README.md 3B",
        ].join("\n"),
      },
      metadata: { path: ".", files: 4, shown_files: 4, listed_by: "walk" },
    });
  });

  test.each(["src", "./src/", "absolute"])("may be named by any path inside the workspace: %s", async (name) => {
    using project = new Project();
    project.write("src/a.py", "x");
    project.write("srcs/b.py", "x");
    const key = `structure:${name === "absolute" ? join(project.root, "src") : name}`;
    expect(treeOf(entryOf(await project.gather([key]), key).content)).toBe("a.py 1B");
  });

  test("omits ignored files with and without git", async () => {
    using project = new Project();
    project.write(".gitignore", "*.log\n/dist\n!keep.log\n");
    for (const name of ["a.py", "a.log", "keep.log", "dist/x.js", "src/dist/y.js", "node_modules/z/i.js"])
      project.write(name, "x");
    const walked = treeOf(entryOf(await project.gather(["structure:."]), "structure:.").content);
    project.write(".gitignore", "*.log\n/dist\n!keep.log\nnode_modules\n");
    project.git("init", "--quiet");
    const { content, metadata } = entryOf(await project.gather(["structure:."]), "structure:.");
    expect(metadata["listed_by"]).toBe("git");
    expect(treeOf(content).replace(/\.gitignore \d+B/, "")).toBe(walked.replace(/\.gitignore \d+B/, ""));
    expect(walked).toContain("keep.log");
    expect(walked).toContain("y.js");
    expect(walked).not.toMatch(/a\.log|x\.js|node_modules/);
  });

  test("omits files that the surrounding repository ignores if git cannot read it", async () => {
    using project = new Project();
    // Not a valid repository for git, but it looks like one.
    project.write(".git/info/exclude", "*.private\n");
    project.write(".gitignore", "*.log\n/app/dist\n/app/src/gen/\n/other/app/\n");
    project.write("app/.gitignore", "!kept.log\n");
    for (const name of ["a.py", "a.log", "kept.log", "a.private", "dist/x.js", "src/gen/y.js", "src/dist/z.js"])
      project.write(`app/${name}`, "x");
    project.write("ignored/.gitignore", "*\n");
    const inside = { workspace_path: join(project.root, "app") };
    const { content, metadata } = entryOf(await project.gather(["structure:."], inside), "structure:.");
    expect(metadata["listed_by"]).toBe("walk");
    expect(treeOf(content).match(/\S+\.(?:py|log|private|js)/g)).toEqual(["z.js", "a.py", "kept.log"]);
    // If the workspace itself is an ignored folder, its files are wanted.
    const dist = { workspace_path: join(project.root, "app/dist") };
    expect(treeOf(entryOf(await project.gather(["structure:."], dist), "structure:.").content)).toBe("x.js 1B");
  });

  test("is listed correctly inside a git hook, which points git elsewhere", async () => {
    using other = new Project();
    other.write("other.txt", "x");
    other.git("init", "--quiet");
    using project = new Project();
    project.write("own.txt", "x");
    project.git("init", "--quiet");
    process.env["GIT_DIR"] = join(other.root, ".git");
    try {
      expect(treeOf(entryOf(await project.gather(["structure:."]), "structure:.").content)).toBe("own.txt 1B");
    } finally {
      delete process.env["GIT_DIR"];
    }
  });

  test("omits deleted files that git still tracks", async () => {
    using project = new Project();
    project.write("src/kept.py", "x");
    project.write("src/deleted.py", "x");
    project.git("init", "--quiet");
    project.git("add", ".");
    rmSync(join(project.root, "src/deleted.py"));
    const { content } = entryOf(await project.gather(["structure:."]), "structure:.");
    expect(content).toMatchObject({ files: 1, languages: { python: 1 } });
    expect(treeOf(content)).not.toContain("deleted.py");
  });

  test("is reported as missing if it is not a folder", async () => {
    using project = new Project();
    project.write("file", "x");
    const pool = await project.gather(["structure:file", "structure:nope", "structure:.."]);
    expect(["file", "nope", ".."].map((name) => whyNot(pool, `structure:${name}`))).toEqual([
      "it is not a folder",
      "no such folder",
      "it is outside the workspace",
    ]);
  });
});

describe("a large folder", () => {
  test("of 100,000 files fits into any budget, top folders first", async () => {
    using project = new Project();
    // Git lists its index, so the files need not exist; creating them would take a minute.
    const empty_file = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
    const entries = Array.from({ length: 100_000 }, (_, i) => {
      const path = `top${Math.floor(i / 10_000)}/inner${Math.floor(i / 1000) % 10}/m${i % 1000}.py`;
      return `100644 ${empty_file} 0\t${path}\n`;
    });
    project.git("init", "--quiet");
    execFileSync("git", ["update-index", "--index-info"], { cwd: project.root, input: entries.join("") });
    for (const most of [200, 1000, 5000]) {
      const pool = await project.gather(["structure:."], { max_tokens_per_task: most });
      const { content, metadata } = entryOf(pool, "structure:.");
      expect(counter.count(JSON.stringify(content))).toBeLessThanOrEqual(most);
      expect(content).toMatchObject({ files: 100_000, folders: 110 });
      expect(metadata["pruned"]).toBe(true);
      if (most < 1000) continue;
      for (let i = 0; i < 10; i++) expect(treeOf(content)).toContain(`top${i}/ 10000 files, python 10000`);
    }
  });

  test("with many files on one level still names its subfolders", async () => {
    using project = new Project();
    for (let i = 0; i < 300; i++) project.write(`a-file-with-quite-a-long-name-${i}.txt`, "x");
    project.write("src/main.py", "x");
    const { content } = entryOf(await project.gather(["structure:."], { max_tokens_per_task: 250 }), "structure:.");
    expect(treeOf(content)).toContain("src/ 1 file, python 1");
    expect(treeOf(content)).toMatch(/… \d+ (?:more )?files/);
  });
});
