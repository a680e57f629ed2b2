/** `npm run docs`: fills the tables between the markers of README.md and docs/; a test fails when a page differs. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pages } from "./docs/pages.ts";
import { withTables } from "./docs/tables.ts";
import { root } from "./support/rig.ts";

for (const page of pages) {
  const file = join(root, page);
  const text = readFileSync(file, "utf8");
  const filled = await withTables(text);
  if (filled !== text) writeFileSync(file, filled);
}
