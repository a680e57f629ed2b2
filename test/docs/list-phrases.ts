/** `npm run -s phrases -- [PATH…]`: lists every banned phrase as `file:line: phrase (what to write)`; a folder ends in a slash. */
import { checked_paths, hitsBelow } from "./phrases.ts";

const paths = process.argv.slice(2);
const hits = hitsBelow(paths.length === 0 ? checked_paths : paths);
for (const { path, line, kind, phrase, instead } of hits)
  process.stdout.write(`${path}:${line}: ${kind}: "${phrase}" -> ${instead}\n`);
process.stderr.write(`${hits.length} phrases in ${new Set(hits.map(({ path }) => path)).size} files\n`);
process.exitCode = hits.length === 0 ? 0 : 1;
