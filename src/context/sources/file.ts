import picomatch from "picomatch";
import type { Redactor } from "#secrets";
import type { Finding, FoundItem, Source } from "../item.ts";
import { languageOf } from "../languages.ts";
import { max_bytes, readShown } from "../read.ts";
import type { Place, Workspace } from "../workspace.ts";

/** Most files that one glob brings. */
const max_matches = 1000;

/** Most bytes of all that one glob brings. */
const max_glob_bytes = 32 * 1024 * 1024;

/** Files that are read at the same time. */
const readers = 16;

/** `file:` keys: a path, a glob, or the end of a path, of which the nearest match is taken. */
export function fileSource({ redactor }: { redactor: Redactor }): Source {
  return {
    async gather(keys, workspace, signal) {
      const findings: Finding[] = [];
      for (let i = 0; i < keys.length; i += readers) {
        signal.throwIfAborted();
        const some = keys.slice(i, i + readers);
        findings.push(...(await Promise.all(some.map((key) => findFile(key, workspace, redactor, signal)))));
      }
      return findings;
    },
  };
}

async function findFile(key: string, workspace: Workspace, redactor: Redactor, signal: AbortSignal): Promise<Finding> {
  const path = key.slice("file:".length);
  if (path === "") return { key, missing: "it names no file" };
  const place = await workspace.place(path);
  if (!("refused" in place)) return readPlace(key, place, redactor);
  if (place.refused !== "there is no such file") return { key, missing: place.refused };
  if (picomatch.scan(path).isGlob) return findGlob(key, path, workspace, redactor, signal);
  return findByEnd(key, path, workspace, redactor);
}

/** Reads what a key names, under that name. */
async function readPlace(
  key: string,
  place: Exclude<Place, { refused: string }>,
  redactor: Redactor,
  more: Readonly<Record<string, unknown>> = {},
): Promise<Finding> {
  const read = await readShown(place.absolute, redactor);
  if (read.type === "unreadable") return { key, missing: read.why };
  const { stamp, bytes } = read;
  const language = languageOf(place.path);
  const about = { path: place.path, bytes, ...(language === undefined ? {} : { language }), ...more };
  if (read.type === "binary") {
    return { key, items: [{ key, type: "file", content: "", metadata: { ...about, binary: true }, stamp }] };
  }
  const cut = read.is_cut ? { read_bytes: max_bytes } : {};
  const notes = read.notes.length === 0 ? {} : { notes: read.notes };
  return { key, items: [{ key, type: "file", content: read.text, metadata: { ...about, ...cut, ...notes }, stamp }] };
}

/** A glob among the files that are listed: what is hidden there, it does not find. */
async function findGlob(
  key: string,
  glob: string,
  workspace: Workspace,
  redactor: Redactor,
  signal: AbortSignal,
): Promise<Finding> {
  const { files } = await workspace.list();
  // A name that begins with a dot is the project's like any other; what must stay hidden is not listed.
  const matches = picomatch(glob.replace(/^\.\//, ""), { dot: true });
  const found = files.filter((file) => matches(file));
  if (found.length === 0) return { key, missing: "no file matches it" };
  const items: FoundItem[] = [];
  const of = { from: key, matches: found.length };
  let bytes = 0;
  let looked_at = 0;
  for (let i = 0; i < Math.min(found.length, max_matches) && bytes < max_glob_bytes; i += readers) {
    signal.throwIfAborted();
    const some = found.slice(i, Math.min(i + readers, max_matches));
    looked_at += some.length;
    for (const finding of await Promise.all(some.map((file) => readListed(file, workspace, redactor, of)))) {
      if (!("items" in finding)) continue;
      items.push(...finding.items);
      for (const { content } of finding.items) bytes += typeof content === "string" ? content.length : 0;
    }
  }
  if (items.length === 0) return { key, missing: "no file that matches it can be read" };
  const left_out = found.length - looked_at;
  return left_out === 0
    ? { key, items }
    : { key, items, note: `${key} matches ${found.length} files; the last ${left_out} are left out.` };
}

async function readListed(
  file: string,
  workspace: Workspace,
  redactor: Redactor,
  more: Readonly<Record<string, unknown>>,
): Promise<Finding> {
  const key = `file:${file}`;
  const place = await workspace.place(file);
  return "refused" in place ? { key, missing: place.refused } : readPlace(key, place, redactor, more);
}

/** `auth.py` or `models/user.py`, wherever it is: the file nearest to the root, then the first by name. */
async function findByEnd(key: string, path: string, workspace: Workspace, redactor: Redactor): Promise<Finding> {
  const missing = { key, missing: "there is no such file" };
  const name = path.replace(/^(?:\.\/)+/, "");
  if (name.startsWith("/") || name.includes("../")) return missing;
  const end = `/${name.normalize()}`;
  const depth = (file: string): number => file.split("/").length;
  const matches = (await workspace.named(name.slice(name.lastIndexOf("/") + 1)))
    .filter((file) => `/${file.normalize()}`.endsWith(end))
    .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  for (const match of matches) {
    const place = await workspace.place(match);
    if ("refused" in place) continue;
    return readPlace(key, place, redactor, { matches: matches.slice(0, 100) });
  }
  return missing;
}
