/** Builds `dist/`: the command from one entry with lazily loaded chunks, the library, and the library's types. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
process.chdir(root);
rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: { cli: "src/cli/bin.ts", index: "src/index.ts" },
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  // The CommonJS form of jsonc-parser asks for its parts in a way that no bundler sees.
  mainFields: ["module", "main"],
  target: "node22.18",
  minifySyntax: true,
  minifyWhitespace: true,
  // Some libraries are CommonJS and ask for Node's own modules with `require`.
  banner: {
    js: "import { createRequire as _createRequire } from 'node:module';const require = _createRequire(import.meta.url);",
  },
  logLevel: "warning",
});
if (process.argv.includes("--types")) buildTypes();

/** The declarations of the library; `#room` becomes a path, because src/ is not shipped. */
function buildTypes(): void {
  const types = join("dist", "types");
  const settings = join("dist", "tsconfig.types.json");
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: root,
    outDir: join(root, types),
  };
  writeFileSync(
    settings,
    JSON.stringify({ extends: "../tsconfig.json", compilerOptions, include: [], files: ["../src/index.ts"] }),
  );
  execFileSync(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "-p", settings], { stdio: "inherit" });
  rmSync(settings);
  for (const name of readdirSync(types, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".d.ts"))) {
    const file = join(types, name);
    const text = readFileSync(file, "utf8")
      .replaceAll(/"#([a-z]+)"/g, (_, room: string) => `"./${relative(dirname(name), join("src", room, "index.js"))}"`)
      .replaceAll(/"(\.[^"]*)\.ts"/g, '"$1.js"');
    writeFileSync(file, text);
  }
}
