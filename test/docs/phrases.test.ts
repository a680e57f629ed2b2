import { expect, test } from "vitest";
import { checked_paths, hitsBelow, hitsIn, unusedExceptions } from "./phrases.ts";

test("prose is plain: none of the banned phrases is in it", () => {
  expect(hitsBelow(checked_paths).map(({ path, line, phrase, instead }) => `${path}:${line}: ${phrase} (${instead})`)).toEqual(
    [],
  );
});

test("every exception is still needed", () => {
  expect(unusedExceptions()).toEqual([]);
});

test("comments, strings and titles are read; code, names and what tests feed to dispatch are not", () => {
  const code = [
    "/** A comment that",
    " * stands here, and goes",
    " * on with it. */",
    "const nobody = /mend/.test(`${anew} nobody`); // lest",
    'test.each(["anew"])("whoever", () => run("told"));',
  ].join("\n");
  const found = (path: string): string[] => hitsIn(path, code).map(({ line, phrase }) => `${line} ${phrase}`);
  expect(found("src/a.ts")).toEqual(["2 stands", "2 goes on with", "4 nobody", "4 lest", "5 anew", "5 whoever", "5 told"]);
  expect(found("test/a.test.ts")).toEqual(["2 stands", "2 goes on with", "4 lest", "5 whoever"]);
  expect(hitsIn("a.md", "`stands`, a `take-over.ts`\nand --go-on").map(({ phrase }) => phrase)).toEqual(["stands"]);
});
