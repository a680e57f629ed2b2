import type { Node } from "@vscode/tree-sitter-wasm";

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

/** Whether a node is of the form `const name = (…) => …`. */
export const isNamedFunction = (node: Node): boolean =>
  node.type === "variable_declarator" &&
  /^(?:arrow_function|function_expression)$/.test(node.childForFieldName("value")?.type ?? "");
