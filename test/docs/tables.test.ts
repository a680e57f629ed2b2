import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/rig.ts";
import { pages } from "./pages.ts";
import { table_names, tablesIn, withTables } from "./tables.ts";

const read = (page: string): string => readFileSync(join(root, page), "utf8");

test.each(pages)("the tables in %s are those that the code gives; `npm run docs` writes them", async (page) => {
  expect(await withTables(read(page))).toBe(read(page));
});

test("every table can be made, and none has an empty meaning", async () => {
  for (const name of table_names) {
    const text = await withTables(`<!-- generated: ${name} -->\n<!-- /generated -->`);
    expect(text.split("\n").length, name).toBeGreaterThan(5);
    expect(text, name).not.toMatch(/\| {2}\|$/m);
  }
});

test("the pages together have every table", () => {
  const asked = new Set(pages.flatMap((page) => tablesIn(read(page))));
  expect(table_names.filter((name) => !asked.has(name))).toEqual([]);
});
