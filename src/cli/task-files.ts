import { existsSync, statSync } from "node:fs";
import { DispatchError } from "#errors";

/** Characters that make a name a pattern, unless a file has that very name. */
const glob_characters = /[*?[{]|[!+@]\(/;

/** Returns whether an argument is a pattern to expand and not the name of a file. */
export const isPattern = (argument: string): boolean => glob_characters.test(argument) && !existsSync(argument);

/**
 * Returns the files that a pattern matches, sorted by code unit. A pattern skips node_modules, .git, and names with a
 * leading dot that it does not spell out. Throws a `DispatchError` if no file matches.
 */
export async function expandPattern(pattern: string): Promise<string[]> {
  // Loaded here, because most calls name their file.
  const { glob } = (await import("fast-glob")).default;
  // Links to folders are not followed, because they can form loops; links to files count, therefore the second look.
  const names = await glob(pattern, {
    onlyFiles: false,
    followSymbolicLinks: false,
    ignore: ["**/node_modules/**", "**/.git/**"],
  });
  const files = names.filter((name) => statSync(name, { throwIfNoEntry: false })?.isFile() === true).sort();
  if (files.length > 0) return files;
  throw new DispatchError("not_found", `No file matches ${pattern}.`, {
    advice: "Check the pattern; it skips node_modules, .git and names with a leading dot.",
  });
}
