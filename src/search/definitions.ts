import type { Node } from "@vscode/tree-sitter-wasm";
import { containers, declarations, isNamedFunction, short_declarations } from "#workspace";

/** A definition in a file. Lines count from 0; the last one is included. */
export interface Definition {
  name: string;
  first: number;
  last: number;
  inner: Definition[];
}

/** Definitions nested deeper than this are ignored. */
const max_depth = 12;

/** Node types that contain definitions but are not definitions. */
const wrapper = /statement|declaration|decorated|export|block|body|list|preproc|linkage|source|program|template/;

/** Returns the definitions of a tree in order, nested in classes, modules and the like. Functions have no inner definitions. */
export function definitionsOf(node: Node, depth = 0): Definition[] {
  const found: Definition[] = [];
  if (depth > max_depth) return found;
  for (const child of node.namedChildren) {
    if (child === null) continue;
    const { type } = child;
    const is_container = containers.has(type);
    if (is_container || declarations.has(type) || short_declarations.has(type) || isNamedFunction(child)) {
      const body = is_container ? child.childForFieldName("body") : null;
      const inner = body === null ? [] : definitionsOf(body, depth + 1);
      found.push({ name: definitionName(child), first: child.startPosition.row, last: child.endPosition.row, inner });
    } else if (wrapper.test(type)) {
      const inner = definitionsOf(child, depth + 1);
      const [only] = inner;
      // A wrapper of one definition, such as `export` or a decorator, is part of it.
      if (only !== undefined && inner.length === 1)
        found.push({ ...only, first: child.startPosition.row, last: Math.max(only.last, child.endPosition.row) });
      else found.push(...inner);
    }
  }
  return found;
}

/** Returns the name of a definition, which in C and C++ is nested in declarators. */
function definitionName(node: Node): string {
  for (let at: Node | null = node, steps = 0; at !== null && steps < 6; steps++) {
    const name = at.childForFieldName("name") ?? at.childForFieldName("type");
    if (name !== null && name.childCount === 0) return name.text;
    const next: Node | null = at.childForFieldName("declarator");
    if (next === null) return name?.text.split("\n", 1)[0]?.slice(0, 80) ?? "";
    if (next.childCount === 0) return next.text;
    at = next;
  }
  return "";
}

const definition_line =
  /^[ \t]*(?:(?:export|default|public|private|protected|internal|static|abstract|async|final|open|override|pub(?:\([^)]*\))?|local|unsafe|inline|virtual|sealed|data|case)[ \t]+)*(?:def|fn|func|fun|function\*?|class|interface|struct|enum|trait|impl|module|namespace|type|sub|defmodule|defp?|object|protocol|extension|macro_rules!|const|let|var|val)[ \t]+(?:\([^)]*\)[ \t]*)?([A-Za-z_$][\w$.:]*)/gm;

/** Returns names that follow a keyword such as `def` or `class`. For small files, and for languages without a grammar. */
export function namesByShape(text: string): string[] {
  const names = new Set<string>();
  for (const match of text.matchAll(definition_line)) if (match[1] !== undefined) names.add(match[1]);
  return [...names].slice(0, 200);
}
