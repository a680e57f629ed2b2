import { messageOf, systemCode } from "#errors";
import { walkFolders } from "#files";
import { queryGit } from "./git.ts";
import { isIgnored, rulesAbove, rulesIn } from "./ignore-rules.ts";
import { isListable } from "./private-files.ts";

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

/** Walks breadth first, so that in a huge workspace the deepest files are the ones that are missing. */
async function walk(root: string, signal: AbortSignal): Promise<{ files: string[]; notes: string[] }> {
  const files: string[] = [];
  const notes: string[] = [];
  const onError = (path: string, error: unknown): void => {
    // A folder may have been removed meanwhile, perhaps by another run.
    if (systemCode(error) !== "ENOENT") notes.push(`The folder ${path || "."} cannot be read: ${messageOf(error)}.`);
  };
  const rules_above = new Map([["", rulesAbove(root)]]);
  for await (const { path, entries, enter } of walkFolders(root, { max_entries: max_files + 1, onError })) {
    signal.throwIfAborted();
    const rules = rulesIn(root, path, rules_above.get(path) ?? []);
    for (const entry of entries) {
      const name = path + entry.name;
      if (!entry.isDirectory()) {
        if (!isIgnored(name, rules)) files.push(name);
      } else if (!isIgnored(`${name}/`, rules)) {
        rules_above.set(`${name}/`, rules);
        enter(entry.name);
      }
    }
    if (files.length > max_files) break;
  }
  return { files, notes };
}
