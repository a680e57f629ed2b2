import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createContentHasher } from "../../src/reuse/content-hash.ts";
import { namedPaths, namedVariables, stringsOf } from "../../src/reuse/named-paths.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dispatch-test-"));
  mkdirSync(join(folder, "src"));
  for (const file of ["src/a.ts", "in.txt", "Makefile", "odd name.txt"]) writeFileSync(join(folder, file), file);
});

afterAll(() => rmSync(folder, { recursive: true }));

const look = (strings: { code?: string[]; other?: string[] }) => {
  const about = { cwd: folder, workspace_path: folder, hasher: createContentHasher() };
  const { existing, written } = namedPaths({ code: strings.code ?? [], other: strings.other ?? [] }, about);
  return { existing: existing.map(({ name }) => name), written: written.map(({ name }) => name) };
};

describe("the files that a task names", () => {
  test.each([
    ["cat in.txt", ["in.txt"]],
    ["make -f Makefile all", ["Makefile"]],
    ["tool --config=in.txt --fast", ["in.txt"]],
    ["eslint src && echo 'in.txt'", ["src", "in.txt"]],
    ["wc -l src/*.ts", ["src"]],
    ["cat ./src/../in.txt", ["in.txt"]],
    ["A=src/a.ts; cat $A", ["src/a.ts"]],
    ["cat 'odd name.txt'", ["odd name.txt"]],
    ['tool --in="odd name.txt"', ["odd name.txt"]],
    ["cat odd\\ name.txt", ["odd name.txt"]],
    ["cd src && make; cd ..", ["src"]],
    ["(cd ../..; cd -) && cd .", []],
    ["cat < in.txt", ["in.txt"]],
    ["npm run lint", []],
    ["mkdir -p src/out src; true", []],
    ["cat nothing.txt", []],
  ])("in a command line: %s", (command, names) => {
    expect(look({ code: [command] }).existing).toEqual(names);
  });

  test.each([
    ["sort in.txt > out.txt", ["in.txt"], ["out.txt"]],
    ["sort in.txt >> log.txt 2>/dev/null", ["in.txt"], []],
    ["cmd > 'out.txt' 2>&1", [], ["out.txt"]],
    ["cmd >$OUT; node -e '() => 1'", [], []],
  ])("a file that a command line writes is no input: %s", (command, existing, written) => {
    expect(look({ code: [command] })).toEqual({ existing, written });
  });

  test.each([
    ["Mend the bug in src/a.ts.", ["src/a.ts"]],
    ["See @src/a.ts:12, and in.txt!", ["src/a.ts", "in.txt"]],
    ["the src folder and the Makefile", []],
    ["Go through ./src, and/or src/; not / nor /tmp", ["src"]],
    ["src", ["src"]],
    ["odd name.txt", ["odd name.txt"]],
    ["a\0b /\u{1f600}/", []],
  ])("in prose, only words that look like paths: %s", (text, names) => {
    expect(look({ other: [text] }).existing).toEqual(names);
  });

  test("reports that it names more than is looked up", () => {
    const names = Array.from({ length: 5001 }, (_, i) => `no/${i}`);
    const about = { cwd: folder, workspace_path: folder, hasher: createContentHasher() };
    expect(namedPaths({ code: [], other: names.slice(1) }, about).is_cut).toBe(false);
    expect(namedPaths({ code: [], other: names }, about).is_cut).toBe(true);
  });

  test("fields that name outputs are left out", () => {
    const input = { output_path: "src/a.ts", deep: { list: ["in.txt"] }, command: ["x"] };
    expect(stringsOf(input, { shell_fields: ["command"], output_fields: ["output_path"] })).toEqual({
      code: ["x"],
      other: ["in.txt"],
    });
  });
});

describe("the variables that a command line names", () => {
  const env = { A: "1", B: "2", PWD: "/", DISPATCH_V1: "x" };

  test.each([
    ["echo $A ${B:-none}", { A: "1", B: "2" }],
    ["echo $C; awk '{print $1, $NF}'; echo $$ $(date) $((1 + 1))", {}],
    ["echo $PWD $DISPATCH_V1 A", {}],
  ])("%s", (command, named) => {
    expect(namedVariables([command], env)).toEqual(named);
  });
});
