import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Language, Parser, Tree } from "@vscode/tree-sitter-wasm";

/** Parses source with tree-sitter's grammars. */
export interface SourceParser {
  /** Resolves to undefined if the language has no grammar. The caller deletes the tree. */
  parse(text: string, language: string): Promise<Tree | undefined>;
}

/** Languages that use the grammar of another. */
const grammars: Readonly<Record<string, string>> = { c: "cpp" };

const known = new Set([
  "bash",
  "c",
  "c-sharp",
  "cpp",
  "go",
  "java",
  "javascript",
  "php",
  "python",
  "ruby",
  "rust",
  "tsx",
  "typescript",
]);

/** Whether there is a grammar for a language. */
export const hasGrammar = (language: string): boolean => known.has(language);

/** Creates a parser; a grammar is loaded on first use. */
export function createSourceParser(): SourceParser {
  let loading_parser: ReturnType<typeof loadParser> | undefined;
  const languages = new Map<string, Promise<Language>>();
  return {
    async parse(text, language) {
      if (!known.has(language)) return undefined;
      loading_parser ??= loadParser();
      const loaded = await loading_parser;
      if (loaded === undefined) return undefined;
      const grammar = grammars[language] ?? language;
      const loading = languages.get(grammar) ?? loaded.load(grammar);
      languages.set(grammar, loading);
      loaded.parser.setLanguage(await loading);
      return loaded.parser.parse(text) ?? undefined;
    },
  };
}

/** Loads tree-sitter, which is a dependency outside the bundle. Resolves to undefined if it is not installed. */
async function loadParser(): Promise<{ parser: Parser; load: (grammar: string) => Promise<Language> } | undefined> {
  try {
    const require = createRequire(join(import.meta.dirname, "parser.js"));
    const file = require.resolve("@vscode/tree-sitter-wasm");
    // These are the package's own types.
    const { Parser, Language } = require(file) as typeof import("@vscode/tree-sitter-wasm");
    await Parser.init();
    const load = async (name: string) => Language.load(await readFile(join(dirname(file), `tree-sitter-${name}.wasm`)));
    return { parser: new Parser(), load };
  } catch {
    return undefined;
  }
}
