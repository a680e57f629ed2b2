import { posix } from "node:path";
import { type Language, languageOf } from "./languages.ts";
import type { SourceFile, Workspace } from "./workspace.ts";

/** An imported file and the imported names; no names if the whole file is imported. */
export interface Import {
  file: string;
  names: string[];
}

const known = new WeakMap<SourceFile, Import[]>();

/** Returns the workspace files that a file imports. */
export function importsOf(source: SourceFile, workspace: Workspace): Import[] {
  const before = known.get(source);
  if (before !== undefined) return before;
  const language = languageOf(source.path);
  const found = language === undefined ? [] : resolvers[language](source, workspace);
  const own = found.filter((one) => one.file !== source.path);
  known.set(source, own);
  return own;
}

const resolvers: Readonly<Record<Language, (source: SourceFile, workspace: Workspace) => Import[]>> = {
  python: pythonImports,
  javascript: javascriptImports,
  java: javaImports,
  go: goImports,
  rust: rustImports,
  ruby: rubyImports,
};

const namesIn = (list: string): string[] =>
  list
    .split(",")
    .map(
      (name) =>
        name
          .trim()
          .replace(/^type\s+/, "")
          .split(/\s+as\s+|\s*:\s*/)[0] ?? "",
    )
    .filter((name) => /^[\w$]+$/.test(name));

/** Returns the first of these paths that the workspace has. */
const firstOf = (workspace: Workspace, paths: readonly string[]): string | undefined =>
  paths.find((path) => workspace.has(path));

/** Returns a file whose path ends in one of `ends`, preferring files in the same top folder as `near`, then short paths. */
function byEnd(workspace: Workspace, ends: readonly string[], near: string): string | undefined {
  for (const end of ends) {
    const { files, segments } = workspace.matching(end);
    if (segments < end.split("/").length) continue;
    const top = near.split("/")[0];
    return files.find((file) => file.startsWith(`${top}/`)) ?? files.toSorted((a, b) => a.length - b.length)[0];
  }
  return undefined;
}

function pythonImports({ path, lines }: SourceFile, workspace: Workspace): Import[] {
  const found: Import[] = [];
  const text = lines.join("\n");
  const module = (dots: string, name: string): string | undefined => {
    const parts = name.split(".").filter((part) => part !== "");
    const ends = [`${parts.join("/")}.py`, `${parts.join("/")}/__init__.py`];
    if (dots === "") return parts.length === 0 ? undefined : byEnd(workspace, ends, path);
    let folder = posix.dirname(path);
    for (let up = 1; up < dots.length; up++) folder = posix.dirname(folder);
    const inside = (end: string): string => posix.join(folder, end);
    return firstOf(workspace, parts.length === 0 ? [inside("__init__.py")] : ends.map(inside));
  };
  for (const [, dots = "", name = "", group, plain] of text.matchAll(
    /^\s*from\s+(\.*)([\w.]*)\s+import\s+(?:\(([^)]*)\)|(.+))/gm,
  )) {
    const names = namesIn((group ?? plain ?? "").replaceAll(/#.*/g, ""));
    const file = module(dots, name);
    if (file !== undefined) found.push({ file, names });
    for (const one of names) {
      const submodule = module(dots, name === "" ? one : `${name}.${one}`);
      if (submodule !== undefined && submodule !== file) found.push({ file: submodule, names: [] });
    }
  }
  for (const [, list = ""] of text.matchAll(/^\s*import\s+([\w., ]+)/gm))
    for (const name of list.split(",")) {
      const file = module("", name.trim().split(/\s+as\s+/)[0] ?? "");
      if (file !== undefined) found.push({ file, names: [] });
    }
  return found;
}

const script_ends = [
  "",
  ".ts",
  ".tsx",
  ".js",
  ".jsx",
  ".mjs",
  ".cjs",
  ".mts",
  ".d.ts",
  "/index.ts",
  "/index.tsx",
  "/index.js",
  "/index.mjs",
  ".vue",
  ".svelte",
];

function javascriptImports({ path, lines }: SourceFile, workspace: Workspace): Import[] {
  const found: Import[] = [];
  const text = lines.join("\n");
  const pattern =
    /(?:\b(?:import|export)\s+(?:type\s+)?(?:([\w$*]+(?:\s+as\s+[\w$]+)?)\s*,?\s*)?(?:\{([^}]*)\})?\s*(?:\*\s*as\s+[\w$]+\s*)?from\s*|\brequire\(\s*|\bimport\(\s*|\bimport\s+|\bvi\.mock\(\s*|\bjest\.mock\(\s*)["']([^"'\n]+)["']/g;
  for (const [, whole, group, target = ""] of text.matchAll(pattern)) {
    const names = [...namesIn(group ?? ""), ...(whole !== undefined && /^[\w$]+$/.test(whole) ? [whole] : [])];
    const bases = target.startsWith(".") ? [posix.join(posix.dirname(path), target)] : [];
    const bare = bases.flatMap((base) => [base, base.replace(/\.[cm]?jsx?$/, "")]);
    const file = firstOf(
      workspace,
      bare.flatMap((base) => script_ends.map((end) => `${base}${end}`)),
    );
    if (file !== undefined) found.push({ file, names });
    else if (!target.startsWith(".") && /^[@~#]\/|^[@~#]\w*\/|\//.test(target) && !target.startsWith("node:")) {
      // A path alias or the project's own package name; the rest is a path from an unknown root.
      const rest = target.replace(/^[@~#]?[\w.-]*\//, "");
      const ends = script_ends.slice(1).map((end) => `${rest}${end}`);
      const aliased = rest === "" ? undefined : byEnd(workspace, ends, path);
      if (aliased !== undefined) found.push({ file: aliased, names });
    }
  }
  return found;
}

function javaImports({ path, lines }: SourceFile, workspace: Workspace): Import[] {
  const text = lines.join("\n");
  const found: Import[] = [];
  for (const [, name = ""] of text.matchAll(/^\s*import\s+(?:static\s+)?([\w.]+?)(?:\.\*)?\s*;?\s*$/gm)) {
    const base = name.replaceAll(".", "/");
    const outer = base.replace(/\/[a-z]\w*$/, "");
    const file = byEnd(
      workspace,
      [base, outer].flatMap((one) => [".java", ".kt", ".scala"].map((end) => `${one}${end}`)),
      path,
    );
    if (file !== undefined) found.push({ file, names: [] });
  }
  const names = new Set(text.match(/\b[A-Z]\w+\b/g));
  const folder = posix.dirname(path);
  // A test is in the same package as the tested code, but below another root.
  const folders = [folder, folder.replace("/test/", "/main/")];
  for (const name of names) {
    const file = firstOf(
      workspace,
      folders.flatMap((one) => [`${one}/${name}.java`, `${one}/${name}.kt`]),
    );
    if (file !== undefined) found.push({ file, names: [name] });
  }
  return found;
}

function goImports({ path, lines }: SourceFile, workspace: Workspace): Import[] {
  const folder = posix.dirname(path);
  const in_folder = (wanted: string): Import[] =>
    workspace.files
      .filter(
        (file) => file.endsWith(".go") && posix.dirname(file) === wanted && (wanted !== folder || !file.endsWith("_test.go")),
      )
      .map((file) => ({ file, names: [] }));
  const found = in_folder(folder);
  const folders = new Set(workspace.files.filter((file) => file.endsWith(".go")).map((file) => posix.dirname(file)));
  for (const [, target = ""] of lines.join("\n").matchAll(/^\s*(?:import\s+)?(?:[\w.]+\s+)?"([\w./-]+)"\s*$/gm)) {
    const parts = target.split("/");
    for (let from = 1; from < parts.length; from++) {
      const wanted = parts.slice(from).join("/");
      if (!folders.has(wanted)) continue;
      found.push(...in_folder(wanted));
      break;
    }
  }
  return found;
}

function rustImports({ path, lines }: SourceFile, workspace: Workspace): Import[] {
  const found: Import[] = [];
  const text = lines.join("\n");
  const folder = posix.dirname(path);
  const own = path.replace(/\.rs$/, "");
  for (const [, name = ""] of text.matchAll(/^\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+)\s*;/gm)) {
    const file = firstOf(
      workspace,
      [folder, own].flatMap((base) => [`${base}/${name}.rs`, `${base}/${name}/mod.rs`]),
    );
    if (file !== undefined) found.push({ file, names: [] });
  }
  for (const [, target = ""] of text.matchAll(/^\s*(?:pub\s+)?use\s+([\w:]+)/gm)) {
    const parts = target.split("::").filter((part) => part !== "crate" && part !== "self" && part !== "super" && part !== "");
    for (let length = parts.length; length > 0; length--) {
      const base = parts.slice(0, length).join("/");
      const file = byEnd(workspace, [`src/${base}.rs`, `src/${base}/mod.rs`, `${base}.rs`], path);
      if (file === undefined) continue;
      found.push({ file, names: parts.slice(length) });
      break;
    }
  }
  const library = firstOf(workspace, [posix.join(folder, "../src/lib.rs"), "src/lib.rs"]);
  if (library !== undefined) found.push({ file: library, names: [] });
  return found;
}

function rubyImports({ path, lines }: SourceFile, workspace: Workspace): Import[] {
  const text = lines.join("\n");
  const found: Import[] = [];
  for (const [, is_relative, target = ""] of text.matchAll(/^\s*require(_relative)?\s*\(?["']([^"']+)["']/gm)) {
    const end = target.endsWith(".rb") ? target : `${target}.rb`;
    const file =
      is_relative === undefined ? byEnd(workspace, [end], path) : firstOf(workspace, [posix.join(posix.dirname(path), end)]);
    if (file !== undefined) found.push({ file, names: [] });
  }
  // Rails loads a constant from the file of its name.
  for (const name of new Set(text.match(/\b[A-Z][a-z]\w+(?:::[A-Z]\w+)*\b/g))) {
    const snake = name
      .split("::")
      .map((part) => part.replaceAll(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase())
      .join("/");
    const file = byEnd(workspace, [`${snake}.rb`], path);
    if (file !== undefined) found.push({ file, names: [name] });
  }
  return found;
}
