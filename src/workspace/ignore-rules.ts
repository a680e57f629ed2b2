import { lstatSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import ignore, { type Ignore } from "ignore";
import { readText } from "./read.ts";

/** The rules of one .gitignore file. */
export interface IgnoreRules {
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
export function rulesAbove(root: string): readonly IgnoreRules[] {
  const folders: string[] = [];
  for (let folder = root; ; folder = dirname(folder)) {
    if (folder !== root) folders.unshift(folder);
    if (lstatSync(join(folder, ".git"), { throwIfNoEntry: false }) !== undefined) break;
    if (dirname(folder) === folder) return [];
  }
  const top = folders[0] ?? root;
  const files = [join(top, ".git", "info", "exclude"), ...folders.map((folder) => join(folder, ".gitignore"))];
  return files.flatMap((file, i): IgnoreRules[] => {
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
export function rulesIn(root: string, folder: string, above: readonly IgnoreRules[]): readonly IgnoreRules[] {
  const read = readText(join(root, folder, ".gitignore"));
  return read.type === "text" ? [...above, { base: folder, above: "", ignore: ignore().add(read.text) }] : above;
}

/** Whether a path is ignored: the deepest .gitignore with a matching rule decides. */
export function isIgnored(path: string, rules: readonly IgnoreRules[]): boolean {
  for (const { base, above, ignore } of rules.toReversed()) {
    const { ignored, unignored } = ignore.test(above + path.slice(base.length));
    if (ignored || unignored) return ignored;
  }
  return false;
}
