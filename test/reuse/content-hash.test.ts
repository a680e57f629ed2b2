import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createContentHasher, incomparable } from "../../src/reuse/content-hash.ts";

let folder = "";
const at = (name: string): string => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dispatch-test-"));
  mkdirSync(at("src/deep"), { recursive: true });
  mkdirSync(at("common"));
  writeFileSync(at("src/deep/a.txt"), "one");
  writeFileSync(at("common/b.txt"), "one");
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Uses a new hasher each time. */
const hashOf = (name: string): Promise<string | undefined> => createContentHasher().hash(at(name));

describe("a hash of a folder", () => {
  test("is the same until something in it changes", async () => {
    const hasher = createContentHasher();
    const before = await hasher.hash(at("src"));
    expect(await hasher.hash(at("src"))).toBe(before);
    writeFileSync(at("src/deep/a.txt"), "other");
    expect(await hasher.hash(at("src"))).not.toBe(before);
    writeFileSync(at("src/deep/a.txt"), "one");
    expect(await hasher.hash(at("src"))).toBe(before);
  });

  test("follows links to files and folders", async () => {
    symlinkSync("../common/b.txt", at("src/b.txt"));
    symlinkSync("../common", at("src/common"));
    for (const link of ["src/b.txt", "src/common"]) {
      const before = await hashOf("src");
      writeFileSync(at("common/b.txt"), `by way of ${link}`);
      expect(await hashOf("src")).not.toBe(before);
      rmSync(at(link));
    }
  });

  test("handles circular and dangling links", async () => {
    symlinkSync(".", at("src/self"));
    symlinkSync("..", at("src/deep/up"));
    symlinkSync("nowhere", at("src/broken"));
    expect(await hashOf("src")).toMatch(/^[0-9a-f]{16}$/);
    expect(await createContentHasher().files(at("src"))).toEqual([at("src/deep/a.txt")]);
  });

  test("is incomparable if the folder holds too much", async () => {
    for (let i = 0; i < 1001; i++) writeFileSync(at(`src/${i}`), "");
    expect(await hashOf("src")).toBe(incomparable);
    expect(await createContentHasher().files(at("src"))).toEqual([]);
  });

  test("ignores folders of tools and paths that are left out", async () => {
    mkdirSync(at("src/node_modules"));
    const before = await hashOf("src");
    writeFileSync(at("src/node_modules/x"), "");
    expect(await hashOf("src")).toBe(before);
    mkdirSync(at("src/traces"));
    writeFileSync(at("src/traces/x"), "");
    expect(await createContentHasher([at("src/traces")]).hash(at("src"))).toBe(before);
  });
});

test("a path that does not or cannot exist has no hash", async () => {
  for (const name of ["nothing", "common/b.txt/below", "x".repeat(5000)]) {
    expect(await hashOf(name)).toBeUndefined();
    expect(createContentHasher().kind(at(name))).toBeUndefined();
  }
});
