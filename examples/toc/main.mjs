import { readFileSync } from "node:fs";
import { tableOfContents } from "./toc.mjs";

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write("Usage: toc FILE.md\n");
  process.exitCode = 2;
} else {
  process.stdout.write(`${tableOfContents(readFileSync(file, "utf8"))}\n`);
}
