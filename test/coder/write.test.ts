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
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isUnchanged, refusalOf, withMark, writeNode } from "../../src/coder/write.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dispatch-write-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const text = withMark("print(1)\n");

test("the mark reveals a changed file", () => {
  expect(isUnchanged(text)).toBe(true);
  expect(isUnchanged(`${text}# a line more\n`)).toBe(false);
  expect(isUnchanged(text.replace("print(1)", "print(2)"))).toBe(false);
  expect(isUnchanged("print(1)\n")).toBe(false);
  expect(isUnchanged("")).toBe(false);
});

test("creates folders and a readable file, and leaves nothing else", () => {
  const path = join(folder, "a/b/node_x_effect.py");
  expect(writeNode(path, text)).toBeUndefined();
  expect(readFileSync(path, "utf8")).toBe(text);
  expect(statSync(path).mode & 0o777).toBe(0o644 & ~process.umask());
  expect(readdirSync(join(folder, "a/b"))).toEqual(["node_x_effect.py"]);
});

test("replaces only an unchanged node, unless overwrite is set", () => {
  const path = join(folder, "node_x_effect.py");
  expect(refusalOf(path, false)).toBeUndefined();
  writeFileSync(path, text);
  expect(refusalOf(path, false)).toBeUndefined();
  writeFileSync(path, `${text}# mine\n`);
  expect(refusalOf(path, false)?.error).toContain("was changed since dispatch wrote it");
  expect(refusalOf(path, true)).toBeUndefined();
  writeFileSync(path, "mine = 1\n");
  expect(refusalOf(path, false)).toEqual({
    error: `${path} was not written by dispatch, so it was not overwritten.`,
    suggestion: 'Set "overwrite": true to replace it, or choose another output_path.',
  });
});

test("refuses a link, a folder and a path through a file, even if overwrite is set", () => {
  const path = join(folder, "node_x_effect.py");
  writeFileSync(join(folder, "file"), "");
  symlinkSync(join(folder, "file"), path);
  mkdirSync(join(folder, "sub"));
  for (const overwrite of [false, true]) {
    expect(refusalOf(path, overwrite)?.error).toContain("is a symbolic link");
    expect(refusalOf(join(folder, "sub"), overwrite)?.error).toContain("is a folder");
  }
  const below = join(folder, "file/node_x_effect.py");
  const refusal = refusalOf(below, false) ?? writeNode(below, text);
  expect(refusal?.suggestion).toContain("A part of its path is a file");
});

test("a failed write leaves no file and no folder behind", () => {
  writeFileSync(join(folder, "file"), "");
  expect(writeNode(join(folder, `new/deep/${"x".repeat(300)}.py`), text)?.suggestion).toContain("shorter");
  expect(readdirSync(folder)).toEqual(["file"]);
  expect(writeNode("/proc/node_x_effect.py", text)).toBeDefined();
});

test.skipIf(process.getuid?.() === 0)(
  "reports a folder without write permission (skipped as root: permissions do not apply)",
  () => {
    chmodSync(folder, 0o500);
    expect(writeNode(join(folder, "node_x_effect.py"), text)?.suggestion).toContain("permissions");
    chmodSync(folder, 0o700);
  },
);
