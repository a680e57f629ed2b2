import type { Node } from "@vscode/tree-sitter-wasm";
import { createSourceParser } from "./parser.ts";

/** Draws up what a source file declares: its signatures, without their bodies. */
export interface Outliner {
  /** Undefined where the language has no grammar here, or nothing is declared. */
  outline(text: string, language: string): Promise<string | undefined>;
}

/** What is declared, in all the languages: the names of nodes are the grammars'. */
export const declarations = new Set([
  ...["function_definition", "function_declaration", "generator_function_declaration", "function_item", "function_signature"],
  ...["function_signature_item", "method_definition", "method_declaration", "method_signature", "abstract_method_signature"],
  ...["method", "singleton_method", "constructor_declaration", "property_declaration", "public_field_definition"],
  ...["type_alias_declaration", "type_declaration", "type_item", "const_item", "static_item", "type_definition"],
]);

/** What is declared and has declarations in it. */
export const containers = new Set([
  ...["class_definition", "class_declaration", "abstract_class_declaration", "class_specifier", "struct_specifier", "class"],
  ...["interface_declaration", "internal_module", "module", "namespace_definition", "namespace_declaration", "trait_item"],
  ...["impl_item", "mod_item", "record_declaration", "struct_declaration", "trait_declaration", "object_declaration"],
]);

/** What is short and tells all by itself. */
export const whole = new Set(["enum_item", "enum_declaration", "struct_item", "enum_specifier"]);

/** Longest declaration that is shown in one piece. */
const max_characters = 600;

/** Makes an outliner; a grammar is loaded when the first file in its language comes. */
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

/** Nested deeper than this there is nothing that a reader of signatures looks for. */
const max_depth = 12;

function collect(node: Node, text: string, depth: number, lines: string[]): void {
  if (depth > max_depth) return;
  for (const child of node.namedChildren) {
    if (child === null) continue;
    const { type } = child;
    const body = child.childForFieldName("body");
    if (containers.has(type)) {
      lines.push(headOf(child, body, text));
      if (body !== null) collect(body, text, depth + 1, lines);
    } else if (declarations.has(type)) {
      lines.push(headOf(child, body, text));
    } else if (whole.has(type)) {
      lines.push(child.text.length <= max_characters ? indented(child, child.text) : headOf(child, body, text));
    } else if (isNamedFunction(child)) {
      const value = child.childForFieldName("value");
      lines.push(headOf(child, value?.childForFieldName("body") ?? null, text));
    } else if (/statement|declaration|decorated|export|block|body|list|preproc|linkage|source|program|template/.test(type)) {
      collect(child, text, depth + 1, lines);
    }
  }
}

/** `const name = (…) => …`. */
export const isNamedFunction = (node: Node): boolean =>
  node.type === "variable_declarator" &&
  /^(?:arrow_function|function_expression)$/.test(node.childForFieldName("value")?.type ?? "");

/** From the beginning of a declaration to that of its body, with the indentation that it has in the file. */
function headOf(node: Node, body: Node | null, text: string): string {
  const end = body === null ? node.endIndex : body.startIndex;
  const head = text.slice(node.startIndex, end).trimEnd().replace(/\{$/, "").trimEnd();
  const short = head.length <= max_characters ? head : `${head.slice(0, max_characters)}…`;
  return indented(node, short);
}

const indented = (node: Node, text: string): string => `${" ".repeat(Math.min(node.startPosition.column, 40))}${text}`;
