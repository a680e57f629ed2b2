/** Writes `schemas/*.json` from the zod schemas. A test fails if the files are out of date. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schemas } from "../src/cli/schemas.ts";

const folder = new URL("../schemas", import.meta.url).pathname;
mkdirSync(folder, { recursive: true });
const files = new Map(schemas.map(({ name, make }) => [`${name}.json`, `${JSON.stringify(make(), undefined, 2)}\n`]));
for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name));
for (const [name, text] of files) writeFileSync(join(folder, name), text);
