import { parser } from "@lezer/python";

type Tree = ReturnType<typeof parser.parse>;
type Node = Tree["topNode"];

/** A problem in Python code, with its line from 1. */
export interface PythonFinding {
  kind: "syntax" | "undefined_name" | "unused_import";
  name: string;
  line: number;
}

/** A scope of names; functions inside a class do not see the names of its scope. */
interface Scope {
  is_class: boolean;
  parent: Scope | undefined;
  names: Set<string>;
  imports: Map<string, number>;
  uses: { name: string; at: number; scope: Scope }[];
}

const builtins = new Set(
  (
    "abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex delattr dict dir divmod enumerate eval exec filter float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len list locals map max memoryview min next object oct open ord pow print property range repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip __import__ __name__ __file__ __doc__ __builtins__ __spec__ __package__ __debug__ __class__ __annotations__ Ellipsis NotImplemented None True False " +
    "ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning ZeroDivisionError"
  ).split(" "),
);

/** Parses Python code. */
export const parsePython = (code: string): Tree => parser.parse(code);

/** Finds syntax errors in Python code; if there are none, finds undefined names and unused imports. */
export function findingsIn(code: string): PythonFinding[] {
  const tree = parsePython(code);
  const line = (at: number): number => code.slice(0, at).split("\n").length;
  const broken: PythonFinding[] = [];
  tree.iterate({
    enter: (node) => {
      // This grammar rejects a bare `yield`, which is valid Python.
      if (node.type.isError && broken.length < 5 && node.node.parent?.name.startsWith("Yield") !== true)
        broken.push({
          kind: "syntax",
          name: code.slice(node.from, Math.max(node.to, node.from + 12)).split("\n")[0] ?? "",
          line: line(node.from),
        });
    },
  });
  if (broken.length > 0) return broken;
  const root = scopeIn(undefined, false);
  const all: Scope[] = [root];
  walk(tree.topNode, root, { code, all });
  const findings: PythonFinding[] = [];
  const used = new Set<string>();
  for (const scope of all) {
    for (const { name, at, scope: from } of scope.uses) {
      const owner = ownerOf(name, from);
      if (owner === undefined) {
        if (!builtins.has(name)) findings.push({ kind: "undefined_name", name, line: line(at) });
      } else used.add(`${all.indexOf(owner)}:${name}`);
    }
  }
  for (const [i, scope] of all.entries())
    for (const [name, at] of scope.imports)
      if (!used.has(`${i}:${name}`) && !scope.is_class) findings.push({ kind: "unused_import", name, line: line(at) });
  return findings.sort((a, b) => a.line - b.line);
}

const scopeIn = (parent: Scope | undefined, is_class: boolean): Scope => ({
  is_class,
  parent,
  names: new Set(),
  imports: new Map(),
  uses: [],
});

function ownerOf(name: string, from: Scope): Scope | undefined {
  for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.parent) {
    if (scope !== from && scope.is_class) continue;
    if (scope.names.has(name)) return scope;
  }
  return undefined;
}

interface Walk {
  code: string;
  all: Scope[];
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

function walk(node: Node, scope: Scope, context: Walk): void {
  const { code, all } = context;
  const text = (one: Node): string => code.slice(one.from, one.to);
  const bind = (one: Node): void => void scope.names.add(text(one));
  const children = childrenOf(node);
  const inner = (is_class: boolean): Scope => {
    const created = scopeIn(scope, is_class);
    all.push(created);
    return created;
  };
  switch (node.name) {
    case "VariableName":
      scope.uses.push({ name: text(node), at: node.from, scope });
      return;
    case "ImportStatement":
      readImport(text(node), node.from, scope);
      return;
    case "FunctionDefinition":
    case "LambdaExpression": {
      const own = inner(false);
      let is_named = node.name === "LambdaExpression";
      for (const child of children) {
        if (child.name === "VariableName" && !is_named) {
          bind(child);
          is_named = true;
        } else if (child.name === "ParamList") readParameters(child, own, scope, context);
        else if (child.name === "TypeParamList")
          for (const one of child.getChildren("TypeParam"))
            own.names.add(text(one).split(":")[0]?.replaceAll("*", "").trim() ?? "");
        else if (child.name === "TypeDef") walk(child, scope, context);
        else walk(child, own, context);
      }
      return;
    }
    case "ClassDefinition": {
      const own = inner(true);
      for (const [i, child] of children.entries()) {
        if (child.name === "VariableName" && i === 1) bind(child);
        else walk(child, child.name === "Body" ? own : scope, context);
      }
      return;
    }
    case "ComprehensionExpression":
    case "ArrayComprehensionExpression":
    case "SetComprehensionExpression":
    case "DictionaryComprehensionExpression": {
      const own = inner(false);
      // Inside, the class around it is not visible, except in its first iterable.
      walkTargets(children, own, context);
      return;
    }
    case "ArgList":
      if (children.some((child) => child.name === "for")) {
        walkTargets(children, inner(false), context);
        return;
      }
      for (const [i, child] of children.entries())
        if (!(child.name === "VariableName" && children[i + 1]?.name === "AssignOp")) walk(child, scope, context);
      return;
    case "ForStatement":
      walkTargets(children, scope, context);
      return;
    case "AssignStatement": {
      const last = children.findLastIndex((child) => child.name === "AssignOp");
      const end = last < 0 ? children.findIndex((child) => child.name === "TypeDef") : last;
      for (const [i, child] of children.entries()) {
        if (i < end && child.name !== "TypeDef") bindTarget(child, scope, context);
        else walk(child, scope, context);
      }
      return;
    }
    case "NamedExpression": {
      const [target, ...rest] = children;
      // `:=` in a comprehension binds outside of it.
      if (target !== undefined)
        for (let one: Scope | undefined = scope; one !== undefined; one = one.parent) one.names.add(text(target));
      for (const child of rest) walk(child, scope, context);
      return;
    }
    case "WithStatement":
    case "TryStatement":
      for (const [i, child] of children.entries()) {
        if (children[i - 1]?.name === "as") bindTarget(child, scope, context);
        else walk(child, scope, context);
      }
      return;
    case "ScopeStatement":
      return;
    case "CapturePattern":
    case "TypeParam":
      scope.names.add(text(node).split(":")[0]?.trim() ?? "");
      return;
    case "KeywordPattern":
      for (const child of children.slice(1)) walk(child, scope, context);
      return;
    case "TypeDef":
      for (const child of children) {
        // A quoted annotation uses the types that it names.
        if (child.name === "String")
          for (const [word] of text(child).matchAll(/[A-Za-z_]\w*/g))
            if (ownerOf(word, scope) !== undefined) scope.uses.push({ name: word, at: child.from, scope });
        walk(child, scope, context);
      }
      return;
    default:
      for (const child of children) walk(child, scope, context);
  }
}

/** Walks a loop or comprehension; the names between `for` and `in` are bound. */
function walkTargets(children: readonly Node[], scope: Scope, context: Walk): void {
  let in_targets = false;
  const later: Node[] = [];
  for (const child of children) {
    if (child.name === "for") in_targets = true;
    else if (child.name === "in") in_targets = false;
    else if (in_targets) bindTarget(child, scope, context);
    else later.push(child);
  }
  for (const child of later) walk(child, scope, context);
}

/** Walks the target of an assignment: plain names are bound; a name before a dot or bracket is used. */
function bindTarget(node: Node, scope: Scope, context: Walk): void {
  if (node.name === "VariableName") scope.names.add(context.code.slice(node.from, node.to));
  else if (/^(?:Tuple|Array|Parenthesized)Expression$/.test(node.name))
    for (const child of childrenOf(node)) bindTarget(child, scope, context);
  else walk(node, scope, context);
}

function readParameters(list: Node, own: Scope, outer: Scope, context: Walk): void {
  const children = childrenOf(list);
  for (const [i, child] of children.entries()) {
    if (child.name === "VariableName" && children[i - 1]?.name !== "AssignOp")
      own.names.add(context.code.slice(child.from, child.to));
    else walk(child, outer, context);
  }
}

function readImport(statement: string, at: number, scope: Scope): void {
  const flat = statement.replaceAll(/#.*$/gm, "").replaceAll(/[()\\\n]/g, " ");
  const from = flat.match(/^\s*from\s+(\S+)\s+import\s+(.*)$/);
  const list = from?.[2] ?? flat.replace(/^\s*import\s+/, "");
  for (const part of list.split(",").map((one) => one.trim())) {
    const [, path = "", alias] = part.match(/^(\S+)(?:\s+as\s+(\S+))?$/) ?? [];
    if (path === "" || path === "*") continue;
    const name = alias ?? (from === null ? (path.split(".")[0] ?? path) : path);
    scope.names.add(name);
    if (from?.[1] !== "__future__") scope.imports.set(name, at);
  }
}
