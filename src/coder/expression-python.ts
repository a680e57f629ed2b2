import type { Expression } from "./arithmetic.ts";
import type { Computation, Field, FieldType } from "./design.ts";
import { identifier } from "./words.ts";

const childrenOf = (expression: Expression): Expression[] => {
  switch (expression.kind) {
    case "binary":
    case "compare":
      return [expression.left, expression.right];
    case "call":
    case "and":
      return expression.parts;
    case "choose":
      return [expression.condition, expression.chosen, expression.otherwise];
    default:
      return [];
  }
};

/** Returns the fields that an expression uses. */
export const fieldsOf = (expression: Expression): Field[] =>
  expression.kind === "field" ? [expression.field] : [...new Set(childrenOf(expression).flatMap(fieldsOf))];

/** Returns the earlier results that an expression uses. */
export const resultsOf = (expression: Expression): string[] =>
  expression.kind === "result" ? [expression.name] : childrenOf(expression).flatMap(resultsOf);

/** Turns a named expression into a computation in Python. */
export function computationOf(name: string, expression: Expression, doc: string, known: readonly Computation[]): Computation {
  const earlier = new Map(known.map((one) => [one.result.name, one]));
  const used = resultsOf(expression).flatMap((one) => earlier.get(one) ?? []);
  const is_decimal =
    fieldsOf(expression).some(({ type }) => /Decimal/.test(type)) || used.some(({ result }) => result.type === "Decimal");
  const { text } = pythonOf(expression, is_decimal, earlier);
  const type = typeOf(expression, is_decimal, earlier);
  const imports = [...new Set([...used.flatMap((one) => one.imports), ...(/\bmath\./.test(text) ? ["math"] : [])])];
  return { result: { name, type, is_optional: false }, expression: text, imports, doc };
}

function typeOf(expression: Expression, is_decimal: boolean, known: ReadonlyMap<string, Computation>): FieldType {
  switch (expression.kind) {
    case "number":
      return is_decimal ? "Decimal" : expression.value.includes(".") ? "float" : "int";
    case "field":
      return expression.field.type;
    case "result":
      return known.get(expression.name)?.result.type ?? "float";
    case "compare":
    case "and":
      return "bool";
    case "text":
      return "str";
    case "choose":
      return widest([typeOf(expression.chosen, is_decimal, known), typeOf(expression.otherwise, is_decimal, known)]);
    case "binary":
      if (is_decimal) return "Decimal";
      if (expression.sign === "/") return "float";
      return widest([typeOf(expression.left, is_decimal, known), typeOf(expression.right, is_decimal, known)]);
    default: {
      const { name, parts } = expression;
      if (name === "len" || name === "floor" || name === "ceil" || (name === "round" && parts.length === 1)) return "int";
      if (is_decimal) return "Decimal";
      if (name === "mean" || name === "sqrt") return "float";
      return widest(parts.map((part) => typeOf(part, is_decimal, known).replace(/^list\[(.*)\]$/, "$1") as FieldType)); // an item's type is a field type too
    }
  }
}

const widest = (types: readonly FieldType[]): FieldType =>
  types.includes("str")
    ? "str"
    : types.includes("Decimal")
      ? "Decimal"
      : types.includes("float")
        ? "float"
        : (types[0] ?? "float");

/** Writes an expression in Python; `level` is the precedence of its outermost operator. */
function pythonOf(
  expression: Expression,
  is_decimal: boolean,
  known: ReadonlyMap<string, Computation>,
): { text: string; level: number } {
  const read = (one: Expression, level: number): string => {
    const part = pythonOf(one, is_decimal, known);
    return part.level < level ? `(${part.text})` : part.text;
  };
  switch (expression.kind) {
    case "number":
      return { text: is_decimal ? `Decimal("${expression.value}")` : expression.value, level: 9 };
    case "text":
      return { text: JSON.stringify(expression.value), level: 9 };
    case "field": {
      const { field } = expression;
      const value = `request.${identifier(field.name)}`;
      const given = field.is_optional && field.default_value === undefined ? `(${value} or 0)` : value;
      if (!is_decimal || field.type === "Decimal" || field.type.startsWith("list[")) return { text: given, level: 9 };
      return {
        text: field.type === "float" ? `Decimal(str(${given}))` : field.type === "int" ? `Decimal(${given})` : given,
        level: 9,
      };
    }
    case "result":
      return { text: `compute_${expression.name}(request)`, level: 9 };
    case "compare":
      return { text: `${read(expression.left, 3)} ${expression.sign} ${read(expression.right, 3)}`, level: 2 };
    case "and":
      return { text: expression.parts.map((part) => read(part, 2)).join(" and "), level: 1 };
    case "choose":
      return {
        text: `${read(expression.chosen, 1)} if ${read(expression.condition, 1)} else ${read(expression.otherwise, 1)}`,
        level: 0,
      };
    case "binary": {
      const level = { "+": 4, "-": 4, "*": 5, "/": 5, "**": 7 }[expression.sign];
      return { text: `${read(expression.left, level)} ${expression.sign} ${read(expression.right, level + 1)}`, level };
    }
    default: {
      const args = expression.parts.map((part) => read(part, 0));
      const [first = ""] = args;
      const calls: Readonly<Record<string, string>> = {
        len: `len(${first})`,
        sum: `sum(${first})`,
        mean: `sum(${first}) / len(${first})`,
        sqrt: is_decimal ? `(${first}).sqrt()` : `math.sqrt(${first})`,
        floor: `math.floor(${first})`,
        ceil: `math.ceil(${first})`,
        abs: `abs(${first})`,
        round: args.length > 1 ? `round(${first}, ${(expression.parts[1] as { value: string }).value})` : `round(${first})`, // always a number, as read
      };
      const text = calls[expression.name] ?? `${expression.name}(${args.join(", ")})`;
      return { text, level: expression.name === "mean" ? 5 : 9 };
    }
  }
}
