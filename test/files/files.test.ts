import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  characterEnd,
  characterStart,
  createFolders,
  findProgram,
  hideFromGit,
  isFolder,
  readFileEnd,
  readWholeFile,
  replaceFile,
  walkFolders,
} from "../../src/files/index.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dispatch-files-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, content = ""): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

describe("reading", () => {
  test("refuses FIFOs, folders, large files and, on request, links", () => {
    const file = write("file", "content");
    const [fifo, link] = [join(folder, "fifo"), join(folder, "link")];
    execFileSync("mkfifo", [fifo]);
    symlinkSync(file, link);
    expect(readWholeFile(file, 7)).toMatchObject({ type: "whole", bytes: Buffer.from("content") });
    expect(readWholeFile(link, 7).type).toBe("whole");
    expect(() => readWholeFile(link, 7, { follows_link: false })).toThrow("ELOOP");
    expect(readWholeFile(file, 6).type).toBe("too_large");
    expect(readWholeFile(fifo, 7).type).toBe("not_regular");
    expect(readWholeFile(folder, 7).type).toBe("not_regular");
    expect(() => readFileEnd(fifo, 7)).toThrow("not a regular file");
  });

  test("the end of a file begins at a whole character", () => {
    const file = write("file", `${"x".repeat(100)}日本`);
    expect(readFileEnd(file, 5)).toEqual({ text: "本", bytes: 106 });
    expect(readFileEnd(file, 1000).text).toMatch(/^x{100}日本$/);
    expect(readFileEnd(write("empty"), 5)).toEqual({ text: "", bytes: 0 });
  });

  test("every cut of UTF-8 is at the border of a character", () => {
    const bytes = Buffer.from("aé日👩b");
    for (let at = 0; at <= bytes.length; at++) {
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
      expect(before.toString("utf8", 0, characterEnd(before))).not.toContain("\ufffd");
      expect(after.toString("utf8", characterStart(after))).not.toContain("\ufffd");
    }
  });
});

describe("writing", () => {
  test("replaces a file whole, with its mode, and leaves nothing else behind", () => {
    const file = write("file", "old");
    replaceFile(file, "new", { mode: 0o640, is_synced: true });
    expect(readFileSync(file, "utf8")).toBe("new");
    expect(statSync(file).mode & 0o777).toBe(0o640);
    mkdirSync(join(folder, "taken"));
    expect(() => replaceFile(join(folder, "taken"), "x")).toThrow();
    expect(readdirSync(folder).sort()).toEqual(["file", "taken"]);
  });

  test("creates folders and reports which are new", () => {
    const created: string[] = [];
    createFolders(join(folder, "a/b"), created, 0o700);
    createFolders(join(folder, "a/b"), created);
    expect(created).toEqual([join(folder, "a"), join(folder, "a/b")]);
    expect(statSync(join(folder, "a/b")).mode & 0o777).toBe(0o700);
    write("file");
    expect(() => createFolders(join(folder, "file/b"), created)).toThrow();
    expect([join(folder, "a"), join(folder, "file"), join(folder, "file/b"), join(folder, "none")].map(isFolder)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  test("hides a folder from git without following a link", () => {
    hideFromGit(folder);
    expect(readFileSync(join(folder, ".gitignore"), "utf8")).toBe("*\n");
    const other = write("other/target", "mine");
    symlinkSync(other, join(folder, "other/.gitignore"));
    hideFromGit(join(folder, "other"));
    expect(readFileSync(other, "utf8")).toBe("mine");
  });
});

describe("a walk", () => {
  test("is breadth first, enters only chosen folders, and skips those of tools", async () => {
    for (const path of ["a/b/1", "a/2", "c/3", "node_modules/x/4", "a/.git/5"]) write(path);
    const seen: string[] = [];
    for await (const { path, entries, enter } of walkFolders(folder, { onError: () => {} })) {
      for (const entry of entries) if (entry.isDirectory() && entry.name !== "c") enter(entry.name);
      seen.push(`${path}: ${entries.map(({ name }) => name).sort()}`);
    }
    expect(seen).toEqual([": a,c", "a/: 2,b", "a/b/: 1"]);
  });

  test("reports folders that cannot be read and continues, and reads no more entries than the limit", async () => {
    for (const name of ["1", "2", "3"]) write(name);
    const errors: string[] = [];
    const walked: [string, number, boolean][] = [];
    const options = { max_entries: 2, onError: (path: string) => void errors.push(path) };
    for await (const { path, entries, is_cut, enter } of walkFolders(folder, options)) {
      walked.push([path, entries.length, is_cut]);
      if (path === "") enter("gone");
    }
    expect(walked).toEqual([["", 2, true]]);
    expect(errors).toEqual(["gone/"]);
  });
});

test("a program is found in PATH, relative to the working directory, and only if it can be run", () => {
  chmodSync(write("bin/tool"), 0o755);
  write("bin/text");
  mkdirSync(join(folder, "bin/dir"));
  expect(findProgram("tool", `/nowhere:${folder}/bin`, "/")).toBe(`${folder}/bin/tool`);
  expect(findProgram("tool", "bin", folder)).toBe("bin/tool");
  expect(findProgram("./bin/tool", undefined, folder)).toBe("./bin/tool");
  for (const name of ["text", "dir", "none", "bin/tool"]) expect(findProgram(name, `${folder}/bin`, "/")).toBeUndefined();
});
