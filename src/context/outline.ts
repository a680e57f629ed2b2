import type { Node } from "@vscode/tree-sitter-wasm";
import { createSourceParser } from "./parser.ts";

/** Extracts the declarations of a source file: signatures without bodies. */
export interface Outliner {
  /** Resolves to undefined if the language has no grammar, or if the text declares nothing. */
  outline(text: string, language: string): Promise<string | undefined>;
}

/** Node types of declarations, as the grammars name them. */
export const declarations = new Set([
  ...["function_definition", "function_declaration", "generator_function_declaration", "function_item", "function_signature"],
  ...["function_signature_item", "method_definition", "method_declaration", "method_signature", "abstract_method_signature"],
  ...["method", "singleton_method", "constructor_declaration", "property_declaration", "public_field_definition"],
  ...["type_alias_declaration", "type_declaration", "type_item", "const_item", "static_item", "type_definition"],
]);

/** Node types of declarations that contain declarations. */
export const containers = new Set([
  ...["class_definition", "class_declaration", "abstract_class_declaration", "class_specifier", "struct_specifier", "class"],
  ...["interface_declaration", "internal_module", "module", "namespace_definition", "namespace_declaration", "trait_item"],
  ...["impl_item", "mod_item", "record_declaration", "struct_declaration", "trait_declaration", "object_declaration"],
]);

/** Node types of declarations that are shown with their bodies, which are short. */
export const short_declarations = new Set(["enum_item", "enum_declaration", "struct_item", "enum_specifier"]);

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

/** Whether a node is of the form `const name = (…) => …`. */
export const isNamedFunction = (node: Node): boolean =>
  node.type === "variable_declarator" &&
  /^(?:arrow_function|function_expression)$/.test(node.childForFieldName("value")?.type ?? "");

/** Returns a declaration up to its body, indented as in the file. */
function signatureOf(node: Node, body: Node | null, text: string): string {
  const end = body === null ? node.endIndex : body.startIndex;
  const head = text.slice(node.startIndex, end).trimEnd().replace(/\{$/, "").trimEnd();
  const short = head.length <= max_characters ? head : `${head.slice(0, max_characters)}…`;
  return indented(node, short);
}

const indented = (node: Node, text: string): string => `${" ".repeat(Math.min(node.startPosition.column, 40))}${text}`;
