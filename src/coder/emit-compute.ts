import type { Design, Emitted } from "./design.ts";
import { docstring, emitErrors, emitInput, emitOutput } from "./emit-models.ts";
import { emitLifecycle, emitReadyCheck, openMethod } from "./emit-node.ts";
import { call, docText, indent, keyword, wrap } from "./python.ts";
import { emitCheck, expectRaises } from "./self-check.ts";
import { identifier } from "./words.ts";

/** Writes the module of a Compute node: pure functions, and a node that calls them. */
export function emitCompute(design: Design): Emitted {
  const { name, class_name, computations, open_points, outputs } = design;
  const is_open = open_points.some(({ method }) => method === "derive");
  const model = `Model${name}Input`;
  const functions = computations.map(({ result, expression, doc }) => {
    const line = `return ${expression}`;
    const body = line.length <= 96 ? line : `return (\n    ${wrap(expression, 88).join("\n    ")}\n)`;
    return `def ${functionName(result.name)}(request: ${model}) -> ${result.type}:\n${docstring(doc)}\n${indent(guarded(body, expression))}`;
  });
  const derived = outputs
    .filter(({ name: one }) => !computations.some(({ result }) => result.name === one))
    .map(({ name: one }) => identifier(one));
  const own = outputs.length === 0 ? ["    result: Any"] : [];
  const values = computations.map(({ result }) => `${identifier(result.name)}=${functionName(result.name)}(request)`);
  const open_values =
    outputs.length === 0 ? ["result=self.derive(request)"] : derived.map((one) => `${one}=derived[${JSON.stringify(one)}]`);
  const built = call(`Model${name}Output`, [...values, ...(is_open ? open_values : [])], 8, "return ");
  const derive = is_open && outputs.length > 0 ? "derived = self.derive(request)\n" : "";
  const point = open_points.find(({ method }) => method === "derive");
  const open =
    point === undefined
      ? ""
      : openMethod("derive", `self, request: ${model}) -> ${outputs.length === 0 ? "Any" : "dict[str, Any]"}`, point.what);
  const execute = `async def execute(self, request: ${model}) -> Model${name}Output:\n    """Compute the result; equal inputs give equal results."""\n    self._require_ready()\n${indent(derive + built)}`;
  const doc = wrap(docText(design.contract), 92);
  const head = doc.length === 1 && (doc[0]?.length ?? 0) < 86 ? `    """${doc[0]}"""` : `    """${doc.join("\n    ")}\n    """`;
  const node = `class ${class_name}:\n${head}\n\n${indent([...emitLifecycle(design, undefined, false), execute, open, emitReadyCheck(design, false)].filter((part) => part !== "").join("\n\n"))}`;
  const sections = [
    emitErrors(design, { store: false, open: is_open }),
    emitInput(design),
    emitOutput(design, "The computed results.", own, true),
    ...functions,
    node,
    check(design, is_open, derived),
  ];
  return { sections, open_points };
}

const functionName = (result: string): string => `compute_${result}`;

/** Wraps a body so that an error such as a division by zero becomes an InvalidInputError. */
function guarded(body: string, expression: string): string {
  const raises = /[/]|statistics\.|max\(|min\(|b64decode|json\.loads|fullmatch/.test(expression);
  if (!raises) return body;
  const kinds = /fullmatch/.test(expression)
    ? "(AttributeError, ValueError)"
    : /b64decode|json\.loads|statistics|max\(|min\(/.test(expression)
      ? "(ArithmeticError, ValueError)"
      : "ArithmeticError";
  return `try:\n${indent(body)}\nexcept ${kinds} as error:\n    raise InvalidInputError(f"The result cannot be computed: {error!r}") from error`;
}

function check(design: Design, is_open: boolean, derived: readonly string[]): string {
  const { name, class_name, fields, computations, outputs } = design;
  const args =
    fields.length === 0
      ? ['data={"sample": 1}']
      : fields.map((field, i) => sampleFor(design, field.name) ?? keyword(field, i + 1));
  const lines = [call(`Model${name}Input`, args, 4, "request = ")];
  if (is_open) {
    lines.push(
      `node = ${class_name}()`,
      expectRaises("NodeStateError", "node.execute(request)", "execute ran before initialize"),
      "await node.initialize()",
    );
    lines.push(expectRaises("OpenPointError", "node.execute(request)", "derive must raise OpenPointError"));
    const returns = outputs.length === 0 ? "Any" : "dict[str, Any]";
    const value =
      outputs.length === 0 ? '"derived"' : `{${derived.map((one) => `${JSON.stringify(one)}: "derived"`).join(", ")}}`;
    lines.push(
      "",
      `class Derived(${class_name}):`,
      `    def derive(self, request: Model${name}Input) -> ${returns}:`,
      `        return ${value}`,
      "",
    );
    lines.push("node = Derived()", "await node.initialize()");
  } else {
    lines.push(
      `node = ${class_name}()`,
      expectRaises("NodeStateError", "node.execute(request)", "execute ran before initialize"),
      "await node.initialize()",
    );
  }
  lines.push("result = await node.execute(request)");
  lines.push('_expect(result == await node.execute(request), "equal inputs gave different results")');
  for (const { result } of computations) {
    const kind = result.type === "float" ? "(int, float)" : result.type.replace(/\[.*$/, "");
    lines.push(`_expect(isinstance(result.${identifier(result.name)}, ${kind}), "${result.name} has the wrong type")`);
  }
  lines.push("await node.shutdown()", expectRaises("NodeStateError", "node.execute(request)", "execute ran after shutdown"));
  return emitCheck(class_name, "Compute a sample twice.", lines, design.open_points);
}

/** Returns a sample for a field whose text must have a certain format. */
function sampleFor({ computations }: Design, field: string): string | undefined {
  const used = computations.find(({ expression }) => expression.includes(`request.${identifier(field)}`));
  if (used?.expression.includes("b64decode") === true) return `${identifier(field)}="c2FtcGxl"`;
  if (used?.expression.includes("fullmatch") === true)
    return `${identifier(field)}="${used.expression.split(":").length > 2 ? "08:30:00" : "08:30"}"`;
  if (used?.expression.includes("json.loads") === true) return `${identifier(field)}='{"sample": 1}'`;
  return undefined;
}
