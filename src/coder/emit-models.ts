import type { Design, Field } from "./design.ts";
import { docText, indent, line_width, literal, wrap } from "./python.ts";
import { identifier } from "./words.ts";

/** Which error classes a module needs beside its base class. */
export interface ErrorsNeeded {
  store: boolean;
  open: boolean;
}

/** Writes the error classes of a module. */
export function emitErrors({ name }: Design, needed: ErrorsNeeded): string {
  const classes = [
    `class ${name}Error(Exception):\n    """Base class of all errors that this module raises."""`,
    `class NodeStateError(${name}Error):\n    """The node was used before \`initialize\` or after \`shutdown\`."""`,
    `class InvalidInputError(${name}Error, ValueError):\n    """The input breaks a rule of the contract."""`,
    ...(needed.store
      ? [
          `class StoreError(${name}Error):\n    """The store or service failed, refused the request, or could not be reached."""`,
        ]
      : []),
    ...(needed.open
      ? [
          `class OpenPointError(${name}Error, NotImplementedError):\n    """The contract leaves this open: override the method that raised it."""`,
        ]
      : []),
  ];
  return classes.join("\n\n\n");
}

/** Returns whether the required fields depend on the operation, so that the model requires none. */
export const isPartial = ({ node_type, operations }: Design): boolean => node_type === "Effect" && operations.length > 1;

const data_field = "    data: dict[str, Any]";

/** Returns the contract's default for a field, in Python. */
function defaultOf({ type, default_value: value }: Field): string | undefined {
  if (value === undefined) return undefined;
  if (type === "str") return literal(value);
  if (type === "bool")
    return /^(?:true|yes|on)$/i.test(value) ? "True" : /^(?:false|no|off)$/i.test(value) ? "False" : undefined;
  const digits = { zero: "0", one: "1" }[value.toLowerCase()] ?? value;
  if (!/^-?\d+(?:\.\d+)?$/.test(digits)) return undefined;
  if (type === "Decimal") return `Decimal("${digits}")`;
  if (type === "float") return digits.includes(".") ? digits : `${digits}.0`;
  return type === "int" && !digits.includes(".") ? digits : undefined;
}

/** Writes the line of a field, with its remark as a comment. */
function fieldLine(field: Field, is_partial: boolean): string {
  const optional = is_partial || field.is_optional;
  const fallback = is_partial ? undefined : defaultOf(field);
  const rest = fallback !== undefined ? ` = ${fallback}` : optional ? " | None = None" : "";
  const line = `    ${identifier(field.name)}: ${field.type}${rest}`;
  const remark = [field.note, field.choices === undefined ? undefined : `one of ${field.choices.join(", ")}`]
    .filter((one) => one !== undefined)
    .join("; ");
  if (remark === "") return line;
  const full = `${line}  # ${remark}`;
  return full.length <= line_width ? full : `    # ${wrap(remark, line_width - 6).join("\n    # ")}\n${line}`;
}

/** Writes the input model. */
export function emitInput(design: Design, extra: readonly string[] = []): string {
  const { name, fields, operations } = design;
  const partial = isPartial(design);
  const lines = partial ? ["    operation: str", ...extra] : [...extra];
  if (fields.length === 0) lines.push(partial ? `${data_field} = field(default_factory=dict)` : data_field);
  const required = fields.filter((field) => !partial && !field.is_optional);
  const optional = fields.filter((field) => partial || field.is_optional);
  for (const field of [...required, ...optional]) lines.push(fieldLine(field, partial));
  const checks = fields.flatMap((field) =>
    constraints(field, partial || (field.is_optional && defaultOf(field) === undefined)),
  );
  const post = checks.length === 0 ? "" : `\n\n    def __post_init__(self) -> None:\n${indent(checks.join("\n"), 8)}`;
  const doc = partial
    ? `The input; \`operation\` is one of ${operations.map((one) => one.name).join(", ")}.`
    : "The input of the node.";
  return `@dataclass(frozen=True)\nclass Model${name}Input:\n${docstring(doc)}\n\n${lines.join("\n")}${post}`;
}

/** Writes a raise statement; a long message is split into several strings. */
function raiseInvalidInput(message: string): string {
  const pieces = wrap(message, 70);
  if (pieces.length === 1) return `raise InvalidInputError(f"${message}")`;
  const lines = pieces.map((piece, i) => `    f"${piece}${i < pieces.length - 1 ? " " : ""}"`);
  return `raise InvalidInputError(\n${lines.join("\n")}\n)`;
}

/** Writes the checks of a field's bounds, which run when an input is created. */
function constraints(field: Field, is_optional: boolean): string[] {
  const self = `self.${identifier(field.name)}`;
  const present = is_optional ? `${self} is not None and ` : "";
  const rule = (broken: string, must: string): string =>
    `if ${present}${broken}:\n${indent(raiseInvalidInput(`${field.name} must ${must}, not {${self}!r}.`))}`;
  const rules: string[] = [];
  if (!/^(?:int|float|Decimal|str)$/.test(field.type)) return rules;
  if (field.type !== "str" && field.minimum !== undefined && field.maximum !== undefined) {
    rules.push(
      rule(
        `not ${field.minimum.value} ${field.minimum.is_exclusive ? "<" : "<="} ${self} <= ${field.maximum}`,
        `be between ${field.minimum.value} and ${field.maximum}`,
      ),
    );
  } else if (field.type !== "str" && field.minimum !== undefined) {
    const { value, is_exclusive } = field.minimum;
    const must =
      value !== 0
        ? is_exclusive
          ? `be more than ${value}`
          : `be ${value} or more`
        : is_exclusive
          ? "be positive"
          : "not be negative";
    rules.push(rule(`${self} ${is_exclusive ? "<=" : "<"} ${value}`, must));
  }
  if (field.type !== "str" && field.minimum === undefined && field.maximum !== undefined)
    rules.push(rule(`${self} > ${field.maximum}`, `be at most ${field.maximum}`));
  if (field.type === "str" && field.max_length !== undefined)
    rules.push(rule(`len(${self}) > ${field.max_length}`, `have at most ${field.max_length} characters`));
  if (field.type === "str" && field.choices !== undefined) {
    rules.push(
      rule(
        `${self} not in (${field.choices.map(literal).join(", ")}${field.choices.length === 1 ? "," : ""})`,
        `be one of ${field.choices.join(", ")}`,
      ),
    );
  }
  return rules;
}

/** Writes the output model: the node type's own lines, then the contract's outputs. */
export function emitOutput({ name, outputs }: Design, doc: string, own: readonly string[], all_required = false): string {
  const taken = new Set(own.map((line) => line.trim().split(":")[0]));
  const named = outputs.filter((field) => !taken.has(identifier(field.name)));
  const lines = [
    ...own,
    ...named.map((field) =>
      fieldLine(all_required ? { ...field, is_optional: false } : { ...field, is_optional: true }, false),
    ),
  ];
  return `@dataclass(frozen=True)\nclass Model${name}Output:\n${docstring(doc)}\n\n${lines.join("\n")}`;
}

/** Writes a docstring indented by `by` columns, on one line if it fits. */
export function docstring(text: string, by = 4): string {
  const clean = docText(text);
  const pad = " ".repeat(by);
  const one = `${pad}"""${clean}"""`;
  if (one.length <= line_width && !clean.includes("\n")) return one;
  const [first = "", ...rest] = wrap(clean, line_width - by - 3);
  return `${pad}"""${first}\n${rest.map((line) => `${pad}${line}`).join("\n")}\n${pad}"""`;
}
