/** The languages whose outlines and imports dispatch can read. */
export type Language = "python" | "javascript" | "java" | "go" | "rust" | "ruby";

const by_extension: Readonly<Record<string, Language>> = {
  py: "python",
  pyi: "python",
  pyx: "python",
  js: "javascript",
  cjs: "javascript",
  mjs: "javascript",
  jsx: "javascript",
  ts: "javascript",
  cts: "javascript",
  mts: "javascript",
  tsx: "javascript",
  vue: "javascript",
  svelte: "javascript",
  java: "java",
  kt: "java",
  scala: "java",
  go: "go",
  rs: "rust",
  rb: "ruby",
  rake: "ruby",
};

/** The extensions of all known languages, without the dot. */
export const code_extensions: readonly string[] = Object.keys(by_extension);

/** Returns the language of a file, judged by its extension. */
export function languageOf(path: string): Language | undefined {
  return by_extension[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ""];
}
