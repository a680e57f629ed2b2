/** Reads the event types from their source: the name, the comment and the fields of each. */
import { parseAst } from "vitest/node";

/** One event, as its interface says. */
export interface EventType {
  type: string;
  /** Its comment. */
  about: string;
  /** Optional ones end in `?`. */
  fields: string[];
}

interface Interface {
  about: string;
  type: string | undefined;
  fields: string[];
  parents: string[];
}

/** The members of the union `EventBody`, in its order. */
export function eventTypes(sources: readonly string[]): EventType[] {
  const interfaces = new Map<string, Interface>();
  const order: string[] = [];
  for (const source of sources) {
    let end = 0;
    for (const statement of parseAst(source, { lang: "ts" }).body) {
      const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : null;
      const text = source.slice(statement.start, statement.end);
      if (declaration?.type === "TSTypeAliasDeclaration" && declaration.id.name === "EventBody")
        for (const [, name = ""] of text.matchAll(/\| (\w+)/g)) order.push(name);
      if (declaration?.type === "TSInterfaceDeclaration") {
        const members = declaration.body.body.flatMap((member) => (member.type === "TSPropertySignature" ? [member] : []));
        interfaces.set(declaration.id.name, {
          about: lastComment(source.slice(end, statement.start)),
          type: /^ {2}type: "([^"]+)";$/m.exec(text)?.[1],
          fields: members.map(({ key, optional }) => `${source.slice(key.start, key.end)}${optional ? "?" : ""}`),
          parents: declaration.extends.map(({ expression }) => source.slice(expression.start, expression.end)),
        });
      }
      end = statement.end;
    }
  }
  const fieldsOf = (name: string): string[] => {
    const { fields = [], parents = [] } = interfaces.get(name) ?? {};
    return [...fields.filter((field) => field !== "type"), ...parents.flatMap(fieldsOf)];
  };
  return order.map((name) => {
    const { type, about } = interfaces.get(name) ?? {};
    if (type === undefined || about === undefined) throw new Error(`The event ${name} has no type or no comment.`);
    return { type, about, fields: fieldsOf(name) };
  });
}

function lastComment(text: string): string {
  const comment = [...text.matchAll(/\/\*\*([\s\S]*?)\*\//g)].at(-1)?.[1] ?? "";
  return comment
    .replaceAll(/^\s*\*/gm, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
