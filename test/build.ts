/** Builds `dist/`: the command from one entry with lazily loaded chunks, and the library. */
import { rmSync } from "node:fs";
import { build } from "esbuild";

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: { cli: "src/cli/bin.ts", index: "src/index.ts" },
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22.18",
  // Some libraries are CommonJS and ask for Node's own modules with `require`.
  banner: {
    js: "import { createRequire as _createRequire } from 'node:module';const require = _createRequire(import.meta.url);",
  },
  minifySyntax: true,
  minifyWhitespace: true,
  logLevel: "warning",
});
