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
  /** Relative to the workspace, with `/`, sorted; what git ignores and secrets are not among them. Links are, wherever they lead. */
  files: readonly string[];
  /** Who said what is ignored. */
  by: "git" | "walk";
  notes: readonly string[];
}

/** Most files that are listed. */
const max_files = 500_000;

/** Lists a workspace: by git where it is a repository, else by walking it and reading its .gitignore files. */
export async function listWorkspace(root: string, signal: AbortSignal): Promise<Listing> {
  const by_git = await listByGit(root, signal);
  const listed = by_git ?? (await walk(root, signal));
  const visible = listed.files.filter(isListable);
  const notes = visible.length > max_files ? [`The workspace has more than ${max_files} files; the rest is left out.`] : [];
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
  // A conflict has an entry for each side.
  const files = names.filter((name, i) => name !== names[i - 1] && !name.endsWith("/"));
  return { files, notes: [] };
}

/** Folders that no project means when it is not a repository. */
const skipped_folders = new Set([".git", "node_modules", "__pycache__", ".venv", ".hg", ".svn"]);

/** Breadth first, so that what is left out of a workspace without end is what lies deepest. */
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
        // It is gone: somebody works here, perhaps another run.
        if (systemCode(error) !== "ENOENT")
          notes.push(`The folder ${path || "."} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
      }
    }
    folders = next;
  }
  return { files, notes };
}

/** The rules of one .gitignore, and the folder that it stands in: below the workspace, or above it. */
interface Rules {
  base: string;
  /** From there to the workspace, where it stands above. */
  above: string;
  ignore: Ignore;
}

/**
 * What a repository around the workspace ignores, where git itself cannot be asked. Above the top of one nothing counts:
 * many keep a .gitignore in their home that means something else.
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
    // Whoever names an ignored folder as the workspace means what is in it.
    return above !== "" && rules.ignores(above) ? [] : [{ base: "", above, ignore: rules }];
  });
}

/** As git does, it follows no link to them. */
function rulesIn(root: string, folder: string, above: readonly Rules[]): readonly Rules[] {
  const read = readText(join(root, folder, ".gitignore"));
  return read.type === "text" ? [...above, { base: folder, above: "", ignore: ignore().add(read.text) }] : above;
}

/** The deepest file that says something about a path decides. */
function isIgnored(path: string, rules: readonly Rules[]): boolean {
  for (const { base, above, ignore } of rules.toReversed()) {
    const { ignored, unignored } = ignore.test(above + path.slice(base.length));
    if (ignored || unignored) return ignored;
  }
  return false;
}
