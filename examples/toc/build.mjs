import { statSync } from "node:fs";
import { build } from "esbuild";

const file = "generated/toc.mjs";
await build({
  entryPoints: ["examples/toc/main.mjs"],
  outfile: file,
  bundle: true,
  minify: true,
  format: "esm",
  platform: "node",
});
// dispatch takes JSON on stdout as the output of the task.
process.stdout.write(JSON.stringify({ file, bytes: statSync(file).size }));
