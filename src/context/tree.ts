import { firstAtLeast, languageOf } from "#workspace";

/** A folder: a range of a sorted list of files. Its entries are computed on demand. */
export interface Folder {
  name: string;
  /** Ends with `/`; empty for the top. */
  path: string;
  depth: number;
  /** Number of all files below the folder. */
  files: number;
  /** Size of all files below the folder. */
  bytes: number;
  /** Number of files below the folder, by language. */
  languages: ReadonlyMap<string, number>;
  entries(): { folders: readonly Folder[]; files: readonly string[] };
}

/** Builds a tree of folders from a sorted list of paths. Lazy, because most folders are never opened. */
export function buildTree(files: readonly string[], sizes: readonly number[] | undefined): Folder {
  const { by_file, names } = languagesOf(files);

  function makeFolder(name: string, path: string, depth: number, first: number, end: number): Folder {
    const counts = new Uint32Array(names.length);
    for (let i = first; i < end; i++) (counts[by_file[i] as number] as number)++;
    const languages = new Map<string, number>();
    for (let i = 1; i < names.length; i++) if (counts[i] !== 0) languages.set(names[i] as string, counts[i] as number);
    let bytes = 0;
    if (sizes !== undefined) for (let i = first; i < end; i++) bytes += sizes[i] as number;
    return { name, path, depth, files: end - first, bytes, languages, entries: () => listEntries(path, depth, first, end) };
  }

  function listEntries(path: string, depth: number, first: number, end: number): ReturnType<Folder["entries"]> {
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
      // `0` is the character after `/`: the first name with it follows all names that begin with `inner`.
      const next = Math.min(end, firstAtLeast(files, `${file.slice(0, slash)}0`, i));
      folders.push(makeFolder(file.slice(path.length, slash), inner, depth + 1, i, next));
      i = next;
    }
    return { folders, files: own };
  }

  return makeFolder("", "", 0, 0, files.length);
}

/** Returns a language number per file, and the names by number; 0 means no known language. */
function languagesOf(files: readonly string[]): { by_file: Uint8Array; names: readonly string[] } {
  const by_file = new Uint8Array(files.length);
  const names = [""];
  // A project has few extensions, so results are cached by extension.
  const known = new Map<string, number>();
  files.forEach((file, i) => {
    const name = file.lastIndexOf("/") + 1;
    const dot = file.lastIndexOf(".");
    // `.py` alone is a name, not an extension.
    if (dot === name) return;
    const end = file.slice(Math.max(dot, name));
    let number = known.get(end);
    if (number === undefined) {
      const language = languageOf(file) ?? "";
      const index = names.indexOf(language);
      number = index === -1 ? names.push(language) - 1 : index;
      known.set(end, number);
    }
    by_file[i] = number;
  });
  return { by_file, names };
}

/** Counts the folders in a sorted list of paths. */
export function countFolders(files: readonly string[]): number {
  let count = 0;
  let before = "";
  let folder = "";
  for (const file of files) {
    const end = file.lastIndexOf("/") + 1;
    // Most files are in the same folder as the one before.
    if (end !== folder.length || !file.startsWith(folder)) {
      folder = file.slice(0, end);
      for (let at = end - 1; at > 0 && !before.startsWith(file.slice(0, at + 1)); at = file.lastIndexOf("/", at - 1)) count++;
    }
    before = file;
  }
  return count;
}
