import type { Node } from "@vscode/tree-sitter-wasm";
import { containers, createSourceParser, declarations, isNamedFunction, short_declarations } from "#workspace";

/** Extracts the declarations of a source file: signatures without bodies. */
export interface Outliner {
  /** Resolves to undefined if the language has no grammar, or if the text declares nothing. */
  outline(text: string, language: string): Promise<string | undefined>;
}

/** Maximum length of a declaration that is shown whole. */
const max_characters = 600;

/** Creates an outliner; a grammar is loaded on first use. */
export function createOutliner(): Outliner {
  const parser = createSourceParser();
  return {
    async outline(text, language) {
      const tree = await parser.parse(text, language);
      if (tree === undefined) return undefined;
      try {
        const lines: string[] = [];
        collect(tree.rootNode, text, 0, lines);
        return lines.length === 0 ? undefined : `${lines.join("\n")}\n`;
      } finally {
        tree.delete();
      }
    },
  };
}

/** Declarations nested deeper than this are not worth showing. */
const max_depth = 12;

function collect(node: Node, text: string, depth: number, lines: string[]): void {
  if (depth > max_depth) return;
  for (const child of node.namedChildren) {
    if (child === null) continue;
    const { type } = child;
    const body = child.childForFieldName("body");
    if (containers.has(type)) {
      lines.push(signatureOf(child, body, text));
      if (body !== null) collect(body, text, depth + 1, lines);
    } else if (declarations.has(type)) {
      lines.push(signatureOf(child, body, text));
    } else if (short_declarations.has(type)) {
      lines.push(child.text.length <= max_characters ? indented(child, child.text) : signatureOf(child, body, text));
    } else if (isNamedFunction(child)) {
      const value = child.childForFieldName("value");
      lines.push(signatureOf(child, value?.childForFieldName("body") ?? null, text));
    } else if (/statement|declaration|decorated|export|block|body|list|preproc|linkage|source|program|template/.test(type)) {
      collect(child, text, depth + 1, lines);
    }
  }
}

/** Returns a declaration up to its body, indented as in the file. */
function signatureOf(node: Node, body: Node | null, text: string): string {
  const end = body === null ? node.endIndex : body.startIndex;
  const head = text.slice(node.startIndex, end).trimEnd().replace(/\{$/, "").trimEnd();
  const short = head.length <= max_characters ? head : `${head.slice(0, max_characters)}…`;
  return indented(node, short);
}

const indented = (node: Node, text: string): string => `${" ".repeat(Math.min(node.startPosition.column, 40))}${text}`;
