import picomatch from "picomatch";
import type { Redactor } from "#secrets";
import { languageOf, max_bytes, type ResolvedPath, readShown, type Workspace } from "#workspace";
import type { Finding, FoundItem, Source } from "../item.ts";

/** Maximum number of files for one glob. */
const max_matches = 1000;

/** Reading for one glob stops after this many bytes. */
const max_glob_bytes = 32 * 1024 * 1024;

/** Files that are read concurrently. */
const max_concurrent = 16;

/** Finds `file:` keys: a path, a glob, or the end of a path, whose nearest match is used. */
export function fileSource({ redactor }: { redactor: Redactor }): Source {
  return {
    async gather(keys, workspace, signal) {
      const findings: Finding[] = [];
      for (let i = 0; i < keys.length; i += max_concurrent) {
        signal.throwIfAborted();
        const batch = keys.slice(i, i + max_concurrent);
        findings.push(...(await Promise.all(batch.map((key) => findFile(key, workspace, redactor, signal)))));
      }
      return findings;
    },
  };
}

async function findFile(key: string, workspace: Workspace, redactor: Redactor, signal: AbortSignal): Promise<Finding> {
  const path = key.slice("file:".length);
  if (path === "") return { key, missing: "it has no path" };
  const resolved = await workspace.resolve(path);
  if (!("refused" in resolved)) return readFound(key, resolved, redactor);
  if (!resolved.is_absent) return { key, missing: resolved.refused };
  if (picomatch.scan(path).isGlob) return findGlob(key, path, workspace, redactor, signal);
  return findByEnd(key, path, workspace, redactor);
}

/** Reads a file into an item. */
async function readFound(
  key: string,
  { path, absolute }: ResolvedPath,
  redactor: Redactor,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Finding> {
  const read = await readShown(absolute, redactor);
  if (read.type === "unreadable") return { key, missing: read.why };
  const { stamp, bytes } = read;
  const language = languageOf(path);
  const about = { path, bytes, ...(language === undefined ? {} : { language }), ...more };
  if (read.type === "binary") {
    return { key, items: [{ key, type: "file", content: "", metadata: { ...about, binary: true }, stamp }] };
  }
  const cut = read.is_cut ? { read_bytes: max_bytes } : {};
  const notes = read.notes.length === 0 ? {} : { notes: read.notes };
  return { key, items: [{ key, type: "file", content: read.text, metadata: { ...about, ...cut, ...notes }, stamp }] };
}

/** Finds the listed files that match a glob. Ignored and private files are not listed. */
async function findGlob(
  key: string,
  glob: string,
  workspace: Workspace,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<Finding> {
  const { files } = await workspace.list();
  // Names that begin with a dot match like any other; hidden files are not in the list.
  const matches = picomatch(glob.replace(/^\.\//, ""), { dot: true });
  const found = files.filter((file) => matches(file));
  if (found.length === 0) return { key, missing: "no file matches" };
  const items: FoundItem[] = [];
  const origin = { from: key, matches: found.length };
  let bytes = 0;
  let read_files = 0;
  for (let i = 0; i < Math.min(found.length, max_matches) && bytes < max_glob_bytes; i += max_concurrent) {
    signal.throwIfAborted();
    const batch = found.slice(i, Math.min(i + max_concurrent, max_matches));
    read_files += batch.length;
    for (const finding of await Promise.all(batch.map((file) => readListed(file, workspace, redactor, origin)))) {
      if (!("items" in finding)) continue;
      items.push(...finding.items);
      for (const { content } of finding.items) bytes += typeof content === "string" ? content.length : 0;
    }
  }
  if (items.length === 0) return { key, missing: "no matching file can be read" };
  const left_out = found.length - read_files;
  return left_out === 0
    ? { key, items }
    : { key, items, note: `${key} matches ${found.length} files; the last ${left_out} are left out. Use a narrower glob.` };
}

async function readListed(
  file: string,
  workspace: Workspace,
  redactor: Redactor,
  more: Readonly<Record<string, unknown>>,
): Promise<Finding> {
  const key = `file:${file}`;
  const resolved = await workspace.resolve(file);
  return "refused" in resolved ? { key, missing: resolved.refused } : readFound(key, resolved, redactor, more);
}

/** Finds `auth.py` or `models/user.py` in any folder: the file nearest to the root, then the first by name. */
async function findByEnd(key: string, path: string, workspace: Workspace, redactor: Redactor): Promise<Finding> {
  const missing = { key, missing: "no such file" };
  const name = path.replace(/^(?:\.\/)+/, "");
  if (name.startsWith("/") || name.includes("../")) return missing;
  const end = `/${name.normalize()}`;
  const depth = (file: string): number => file.split("/").length;
  const matches = (await workspace.named(name.slice(name.lastIndexOf("/") + 1)))
    .filter((file) => `/${file.normalize()}`.endsWith(end))
    .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  for (const match of matches) {
    const resolved = await workspace.resolve(match);
    if ("refused" in resolved) continue;
    return readFound(key, resolved, redactor, { matches: matches.slice(0, 100) });
  }
  return missing;
}
