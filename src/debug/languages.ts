import { extensionsOf, languageOf as fileLanguage } from "#workspace";

/** The languages whose outlines and imports dispatch can read. */
export type Language = "python" | "javascript" | "java" | "go" | "rust" | "ruby";

/** Languages with similar syntax are read as one. */
const families: ReadonlyMap<string, Language> = new Map([
  ...(["python", "javascript", "java", "go", "rust", "ruby"] as const).map((language) => [language, language] as const),
  ...["typescript", "tsx", "vue", "svelte"].map((language) => [language, "javascript"] as const),
  ...["kotlin", "scala"].map((language) => [language, "java"] as const),
]);

/** The extensions of all known languages, without the dot. */
export const code_extensions: readonly string[] = extensionsOf(new Set(families.keys()));

/** Returns the language of a file, judged by its extension. */
export const languageOf = (path: string): Language | undefined => families.get(fileLanguage(path) ?? "");
