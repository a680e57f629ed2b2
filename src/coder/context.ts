import { readFileSync, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { messageOf } from "#errors";
import type { Field, FieldType } from "./design.ts";
import { namedType } from "./field-types.ts";
import { singular, snake } from "./words.ts";

/** A class, table or interface that a context defines. */
export interface Definition {
  /** The normalized name: `user` for `User`, `UserModel` and `users`. */
  entity: string;
  fields: Field[];
  /** The file or the context key. */
  source: string;
}

/** What was read from the context. */
export interface Context {
  definitions: Definition[];
  /** Absolute paths of the files that were read. */
  files: string[];
  warnings: string[];
}

/** Larger files hold data, not definitions. */
const max_bytes = 1024 * 1024;

/** Reads definitions from context files and from gathered context. A file that cannot be read becomes a warning. */
export function readContext(
  files: readonly string[],
  gathered: Readonly<Record<string, unknown>>,
  workspace_path: string,
): Context {
  const context: Context = { definitions: [], files: [], warnings: [] };
  for (const file of files) {
    const path = resolve(workspace_path, file);
    try {
      const stat = statSync(path);
      if (!stat.isFile()) throw new Error("it is not a regular file");
      if (stat.size > max_bytes) throw new Error("it is larger than 1 MiB");
      context.definitions.push(...definitionsIn(readFileSync(path, "utf8"), path, extname(path)));
      context.files.push(path);
    } catch (error) {
      context.warnings.push(`The context file ${path} cannot be read: ${messageOf(error)}.`);
    }
  }
  for (const [key, value] of Object.entries(gathered)) {
    const content = typeof value === "object" && value !== null && "content" in value ? value.content : value;
    const text = typeof content === "string" ? content : JSON.stringify(content ?? "");
    context.definitions.push(...definitionsIn(text, key, extname(key)));
  }
  return context;
}

/** Finds the definitions in a text. If the extension does not identify the language, every language is tried. */
export function definitionsIn(text: string, source: string, extension: string): Definition[] {
  const found: Definition[] = [];
  const mayBe = (...extensions: string[]): boolean =>
    extensions.includes(extension) || !/^\.(?:py|sql|tsx?|json)$/.test(extension);
  if (mayBe(".py")) found.push(...inPython(text, source));
  if (mayBe(".sql")) found.push(...inSql(text, source));
  if (mayBe(".ts", ".tsx")) found.push(...inTypeScript(text, source));
  if (mayBe(".json")) found.push(...inJsonSchema(text, source));
  return found.filter(({ fields }) => fields.length > 0);
}

const entityOf = (name: string): string => {
  const words = snake(name)
    .replace(/^(?:model|node)_(?=.)/, "")
    .replace(/_(?:model|schema|record|dto|entity|input|output|row|base|create|read)$/, "")
    .split("_");
  return [...words.slice(0, -1), singular(words.at(-1) ?? "")].join("_");
};

function inPython(text: string, source: string): Definition[] {
  return [...text.matchAll(/^class (\w+)[^\n]*:\n((?:(?:[ \t]+[^\n]*)?\n?)*)/gm)].map(([, name = "", body = ""]) => {
    const fields: Field[] = [];
    const pad = body.match(/^([ \t]+)\S/m)?.[1] ?? "    ";
    for (const line of body.split("\n")) {
      if (new RegExp(`^${pad}(?:async )?def `).test(line)) break;
      const [, field, type] = line.match(new RegExp(`^${pad}([a-z]\\w*)\\s*:\\s*([^=#]+)`)) ?? [];
      if (field !== undefined && type !== undefined && !/ClassVar/.test(type))
        fields.push(fieldOf(field, fromPython(type), /Optional|None/.test(type) || /=/.test(line)));
    }
    return { entity: entityOf(name), fields, source };
  });
}

const fieldOf = (name: string, type: FieldType, is_optional: boolean): Field => ({ name: snake(name), type, is_optional });

function fromPython(text: string): FieldType {
  const type = text
    .trim()
    .replace(/^Optional\[(.*)\]$/, "$1")
    .replace(/\s*\|\s*None\b/, "")
    .replace(/^(?:Mapped|Annotated)\[([^,\]]*).*$/, "$1")
    .trim();
  const list = type.match(/^(?:list|List|Sequence|tuple|Tuple|set|Set)\[(\w+)/)?.[1];
  if (list !== undefined) return `list[${namedType(list) ?? (list === "Decimal" ? "Decimal" : "str")}]`;
  if (/^(?:dict|Dict|Mapping)/.test(type)) return "dict[str, Any]";
  return type === "Decimal" || type === "bytes" ? type : (namedType(type) ?? "str");
}

function inSql(text: string, source: string): Definition[] {
  return [
    ...text.matchAll(
      /\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?(?:["`\w]+\.)?["`]?(\w+)["`]?\s*\(([\s\S]*?)\)\s*(?:;|$|without|strict|with\b)/gi,
    ),
  ].map(([, name = "", body = ""]) => {
    const fields: Field[] = [];
    for (const column of body.replaceAll(/--.*$/gm, "").split(/,(?![^(]*\))/)) {
      const [, field = "", type = "", rest = ""] =
        column.trim().match(/^["`]?(\w+)["`]?\s+(\w+(?:\s+varying|\s+precision)?(?:\s*\([^)]*\))?(?:\[\])?)([\s\S]*)$/) ?? [];
      if (field === "" || /^(?:primary|foreign|unique|check|constraint|index|key|exclude)$/i.test(field)) continue;
      const is_given = /\bdefault\b|\bgenerated\b|\bidentity\b|\bautoincrement\b/i.test(rest) || /serial/i.test(type);
      const needs = /\bnot null\b|\bprimary key\b/i.test(rest) && !is_given;
      fields.push(fieldOf(field, fromSql(type), !needs));
    }
    return { entity: entityOf(name), fields, source };
  });
}

function fromSql(text: string): FieldType {
  const type = text.toLowerCase();
  if (type.endsWith("[]")) return "list[str]";
  if (/^(?:big|small)?int|^serial|^bigserial|^integer/.test(type)) return "int";
  if (/^(?:numeric|decimal|money)/.test(type)) return "Decimal";
  if (/^(?:real|double|float)/.test(type)) return "float";
  if (/^bool/.test(type)) return "bool";
  if (/^(?:timestamp|datetime)/.test(type)) return "datetime";
  if (/^date/.test(type)) return "date";
  if (/^(?:bytea|blob)/.test(type)) return "bytes";
  return /^json/.test(type) ? "dict[str, Any]" : "str";
}

function inTypeScript(text: string, source: string): Definition[] {
  return [...text.matchAll(/\b(?:interface|type|class)\s+(\w+)[^{;\n]*\{([^{}]*)\}/g)].map(([, name = "", body = ""]) => {
    const fields = [...body.matchAll(/^\s*(?:readonly\s+|public\s+)?(\w+)(\?)?\s*:\s*([^;,\n]+)/gm)].map(
      ([, field = "", optional, type = ""]) =>
        fieldOf(field, fromTypeScript(type), optional !== undefined || /\bnull\b|\bundefined\b/.test(type)),
    );
    return { entity: entityOf(name), fields, source };
  });
}

function fromTypeScript(text: string): FieldType {
  const type = text.trim().replaceAll(/\s*\|\s*(?:null|undefined)\b/g, "");
  if (type.endsWith("[]") || /^(?:Readonly)?Array</.test(type))
    return /number/.test(type) ? "list[float]" : /string/.test(type) ? "list[str]" : "list[dict[str, Any]]";
  if (type === "Date") return "datetime";
  if (/^(?:Record|Map|\{|object)/.test(type)) return "dict[str, Any]";
  return namedType(type) ?? "str";
}

function inJsonSchema(text: string, source: string): Definition[] {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch {
    return [];
  }
  const found: Definition[] = [];
  const visit = (value: unknown, name: string): void => {
    if (!isObject(value)) return;
    const title = typeof value["title"] === "string" ? value["title"] : name;
    if (isObject(value["properties"]) && title !== "") {
      const required = Array.isArray(value["required"]) ? value["required"] : [];
      const fields = Object.entries(value["properties"]).map(([field, property]) =>
        fieldOf(field, fromJsonSchema(property), !required.includes(field)),
      );
      found.push({ entity: entityOf(title), fields, source });
    }
    for (const key of ["$defs", "definitions"])
      if (isObject(value[key])) for (const [inner, one] of Object.entries(value[key])) visit(one, inner);
  };
  visit(schema, source.match(/(\w+)(?:\.schema)?\.json$/)?.[1] ?? "");
  return found;
}

function fromJsonSchema(property: unknown): FieldType {
  if (!isObject(property)) return "str";
  if (property["format"] === "date-time") return "datetime";
  if (property["format"] === "date") return "date";
  if (property["type"] === "array") return `list[${fromJsonSchema(property["items"])}]`;
  return typeof property["type"] === "string" ? (namedType(property["type"]) ?? "str") : "str";
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Creates a lookup from an entity or table to its fields. Each source that provides fields is added to `used`. */
export function createLookup({ definitions }: Context, used: Set<string>): (entity: string, table: string) => readonly Field[] {
  return (entity, table) => {
    const names = new Set([entity, entityOf(table)].filter((name) => name !== ""));
    const found = definitions.find((one) => names.has(one.entity));
    if (found === undefined) return [];
    used.add(found.source);
    return found.fields;
  };
}
