import { languageOf } from "./languages.ts";
import { firstAtLeast } from "./workspace.ts";

/** A folder: the part of a sorted list of files that lies below it. What is in it is looked at when it is asked for. */
export interface Folder {
  name: string;
  /** With `/` at its end; empty for the top. */
  path: string;
  depth: number;
  /** Of all files below it. */
  files: number;
  bytes: number;
  languages: ReadonlyMap<string, number>;
  inside(): { folders: readonly Folder[]; files: readonly string[] };
}

/** Sees a sorted list of paths as folders. Most of them are never opened: what each holds is not worked out before. */
export function growTree(files: readonly string[], sizes: readonly number[] | undefined): Folder {
  const { by_file, names } = languagesOf(files);

  function makeFolder(name: string, path: string, depth: number, first: number, end: number): Folder {
    const counts = new Uint32Array(names.length);
    for (let i = first; i < end; i++) (counts[by_file[i] as number] as number)++;
    const languages = new Map<string, number>();
    for (let i = 1; i < names.length; i++) if (counts[i] !== 0) languages.set(names[i] as string, counts[i] as number);
    let bytes = 0;
    if (sizes !== undefined) for (let i = first; i < end; i++) bytes += sizes[i] as number;
    return { name, path, depth, files: end - first, bytes, languages, inside: () => lookInside(path, depth, first, end) };
  }

  function lookInside(path: string, depth: number, first: number, end: number): ReturnType<Folder["inside"]> {
    const folders: Folder[] = [];
    const own: string[] = [];
    for (let i = first; i < end; ) {
      const file = files[i] as string;
      const slash = file.indexOf("/", path.length);
      if (slash === -1) {
        own.push(file.slice(path.length));
        i++;
        continue;
      }
      const inner = file.slice(0, slash + 1);
      // Behind all that begins with `inner` stands what has the next sign in the place of its `/`.
      const next = Math.min(end, firstAtLeast(files, `${file.slice(0, slash)}0`, i));
      folders.push(makeFolder(file.slice(path.length, slash), inner, depth + 1, i, next));
      i = next;
    }
    return { folders, files: own };
  }

  return makeFolder("", "", 0, 0, files.length);
}

/** The languages of files by number, in the order of the files; the first is that of none. */
function languagesOf(files: readonly string[]): { by_file: Uint8Array; names: readonly string[] } {
  const by_file = new Uint8Array(files.length);
  const names = [""];
  // A project has few endings: what is known of one is not worked out again.
  const known = new Map<string, number>();
  files.forEach((file, i) => {
    const name = file.lastIndexOf("/") + 1;
    const dot = file.lastIndexOf(".");
    // `.py` is a name, and says nothing.
    if (dot === name) return;
    const end = file.slice(Math.max(dot, name));
    let number = known.get(end);
    if (number === undefined) {
      const language = languageOf(file) ?? "";
      const before = names.indexOf(language);
      number = before === -1 ? names.push(language) - 1 : before;
      known.set(end, number);
    }
    by_file[i] = number;
  });
  return { by_file, names };
}

/** How many folders there are in a sorted list of paths. */
export function countFolders(files: readonly string[]): number {
  let count = 0;
  let before = "";
  let folder = "";
  for (const file of files) {
    const end = file.lastIndexOf("/") + 1;
    // Most files stand in the folder of the one before.
    if (end !== folder.length || !file.startsWith(folder)) {
      folder = file.slice(0, end);
      for (let at = end - 1; at > 0 && !before.startsWith(file.slice(0, at + 1)); at = file.lastIndexOf("/", at - 1)) count++;
    }
    before = file;
  }
  return count;
}
