import { lstatSync } from "node:fs";
import { opendir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";
import { systemCode } from "#errors";
import { queryGit } from "./git.ts";
import { isListable } from "./private-files.ts";
import { readText } from "./read.ts";

/** The files of a workspace that may be gathered without being named outright. */
export interface Listing {
  /** Sorted paths relative to the workspace, with `/`. Excludes ignored and private files; includes links, wherever they lead. */
  files: readonly string[];
  /** Whether git or a walk with .gitignore rules listed them. */
  by: "git" | "walk";
  notes: readonly string[];
}

/** Maximum number of files in a listing. */
const max_files = 500_000;

/** Lists a workspace with git if it is in a repository, otherwise by walking it and applying its .gitignore files. */
export async function listWorkspace(root: string, signal: AbortSignal): Promise<Listing> {
  const by_git = await listByGit(root, signal);
  const listed = by_git ?? (await walk(root, signal));
  const visible = listed.files.filter(isListable);
  const notes = visible.length > max_files ? [`The workspace has more than ${max_files} files; the rest are ignored.`] : [];
  return {
    files: (visible.length > max_files ? visible.slice(0, max_files) : visible).sort(),
    by: by_git === undefined ? "walk" : "git",
    notes: [...listed.notes, ...notes],
  };
}

async function listByGit(root: string, signal: AbortSignal): Promise<{ files: string[]; notes: string[] } | undefined> {
  const answer = await queryGit(["ls-files", "-z", "-c", "-o", "--exclude-standard"], root, signal, { is_long: true });
  signal.throwIfAborted();
  if (!answer.ok || answer.stdout.length === 0) return undefined;
  const names = answer.stdout.toString("utf8").split("\0");
  names.pop();
  // A conflicted file has one entry for each side.
  const files = names.filter((name, i) => name !== names[i - 1] && !name.endsWith("/"));
  return { files, notes: [] };
}

/** Folders that hold no source of a project, skipped outside a repository. */
const skipped_folders = new Set([".git", "node_modules", "__pycache__", ".venv", ".hg", ".svn"]);

/** Walks breadth first, so that in a huge workspace the deepest files are the ones that are missing. */
async function walk(root: string, signal: AbortSignal): Promise<{ files: string[]; notes: string[] }> {
  const files: string[] = [];
  const notes: string[] = [];
  let folders: { path: string; rules: readonly Rules[] }[] = [{ path: "", rules: rulesAbove(root) }];
  while (folders.length > 0 && files.length <= max_files) {
    const next: typeof folders = [];
    for (const { path, rules: above } of folders) {
      signal.throwIfAborted();
      const rules = rulesIn(root, path, above);
      try {
        for await (const entry of await opendir(join(root, path), { bufferSize: 1000 })) {
          const name = path + entry.name;
          if (entry.isDirectory()) {
            if (!skipped_folders.has(entry.name) && !isIgnored(`${name}/`, rules)) next.push({ path: `${name}/`, rules });
          } else if (!isIgnored(name, rules)) files.push(name);
          if (files.length > max_files) break;
        }
      } catch (error) {
        // The folder has been removed meanwhile, perhaps by another run.
        if (systemCode(error) !== "ENOENT")
          notes.push(`The folder ${path || "."} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
      }
    }
    folders = next;
  }
  return { files, notes };
}

/** The rules of one .gitignore file. */
interface Rules {
  /** The folder of the file relative to the workspace, if it is inside the workspace. */
  base: string;
  /** The path from the folder of the file down to the workspace, if the file is above it. */
  above: string;
  ignore: Ignore;
}

/**
 * Reads the rules of a repository around the workspace, for when git is not available. Files above the repository do not
 * count: a .gitignore in a home folder often serves another purpose.
 */
function rulesAbove(root: string): readonly Rules[] {
  const folders: string[] = [];
  for (let folder = root; ; folder = dirname(folder)) {
    if (folder !== root) folders.unshift(folder);
    if (lstatSync(join(folder, ".git"), { throwIfNoEntry: false }) !== undefined) break;
    if (dirname(folder) === folder) return [];
  }
  const top = folders[0] ?? root;
  const files = [join(top, ".git", "info", "exclude"), ...folders.map((folder) => join(folder, ".gitignore"))];
  return files.flatMap((file, i): Rules[] => {
    const folder = i === 0 ? top : dirname(file);
    const read = readText(file);
    const name = relative(folder, root).split(sep).join("/");
    const above = name === "" ? "" : `${name}/`;
    if (read.type !== "text") return [];
    const rules = ignore().add(read.text);
    // If the workspace itself is an ignored folder, its files are wanted anyway.
    return above !== "" && rules.ignores(above) ? [] : [{ base: "", above, ignore: rules }];
  });
}

/** Adds the rules of a folder's .gitignore. Like git, does not follow a link. */
function rulesIn(root: string, folder: string, above: readonly Rules[]): readonly Rules[] {
  const read = readText(join(root, folder, ".gitignore"));
  return read.type === "text" ? [...above, { base: folder, above: "", ignore: ignore().add(read.text) }] : above;
}

/** Whether a path is ignored: the deepest .gitignore with a matching rule decides. */
function isIgnored(path: string, rules: readonly Rules[]): boolean {
  for (const { base, above, ignore } of rules.toReversed()) {
    const { ignored, unignored } = ignore.test(above + path.slice(base.length));
    if (ignored || unignored) return ignored;
  }
  return false;
}
