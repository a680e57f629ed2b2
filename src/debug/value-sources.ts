import { blank } from "./blank.ts";
import type { ResolvedError, ResolvedFrame } from "./clues.ts";
import { importsOf } from "./imports.ts";
import { type Definition, definitionAt, outlineOf } from "./outline.ts";
import { isPeripheralPath, isTestPath } from "./path-kinds.ts";
import { outerParts, statementFrom } from "./rule.ts";
import type { SourceFile, Workspace } from "./workspace.ts";

/** A function whose result flows into the failing line. */
export interface ValueSource {
  definition: Definition;
  /** The name of the value on the failing line; absent if that line calls the function. */
  value?: string;
  /** The location of the call, as `file:line`. */
  called_at: string;
}

/** Maximum number of frames through which a value is followed outwards over parameters. */
const max_frames = 4;

/** Errors caused by a wrong value, as opposed to a check in the failing line. */
const value_error =
  /^(?:TypeError|AttributeError|KeyError|IndexError|ValueError|ZeroDivisionError|RangeError|NoMethodError|ArgumentError|(?:java\.\w+\.)?(?:NullPointer|ClassCast|NumberFormat|Arithmetic)Exception|decimal\.InvalidOperation)$/;

/** Returns the first error caused by a wrong value, with its frames in the user's own code, innermost first. */
export function findValueError(
  errors: readonly ResolvedError[],
): { error: ResolvedError; frames: ResolvedFrame[] } | undefined {
  for (const error of errors) {
    const frames = error.frames.filter(({ origin, file }) => origin === "own" && file !== undefined);
    if (frames.length > 0 && value_error.test(error.type ?? "")) return { error, frames };
  }
  return undefined;
}

/** Returns the functions whose results flow into the innermost frame's line: first the sources of its values, then its calls. */
export function valueSources(frames: readonly ResolvedFrame[], workspace: Workspace): ValueSource[] {
  const [frame, ...outer] = frames.slice(0, max_frames);
  const source = workspace.text(frame?.file ?? "");
  if (frame === undefined || source === undefined || frame.line > source.lines.length) return [];
  const statement = codeAt(source, frame.line);
  const found = [
    ...flowInto(valuesIn(statement), { source, line: frame.line }, outer, workspace),
    ...ownValues(statement, source, workspace),
    ...callsIn(withoutTarget(statement), { source, line: frame.line }, workspace),
  ];
  const on_stack = new Set(frames.map(({ file, function: name }) => `${file}:${name?.split(".").at(-1)}`));
  const seen = new Set<string>();
  return found.filter(({ definition: { file, name, first } }) => {
    // A function on the stack has not returned a value yet, and is reported as a frame.
    if (on_stack.has(`${file}:${name}`) || seen.has(`${file}:${first}`)) return false;
    seen.add(`${file}:${first}`);
    return !isTestPath(file) && !isPeripheralPath(file);
  });
}

interface Place {
  source: SourceFile;
  line: number;
}

/** Returns the statement that starts at a line, without the contents of strings and comments. */
const codeAt = (source: SourceFile, line: number): string => {
  const { code } = blank(source);
  return statementFrom(code, code, line - 1).replaceAll("\n", " ");
};

/** Returns the names that are neither called nor members. */
const valuesIn = (code: string): Set<string> =>
  new Set([...code.matchAll(/(?<![.\w$])([A-Za-z_$][\w$]*)(?![\w$])(?!\s*\()/g)].map(([, name = ""]) => name));

const assignment =
  /^\s*(?:(?:const|let|var|final|val|mut)\s+)*(?:[A-Z][\w<>[\].]*\s+)?[[{(]?\s*([\w$]+(?:\s*,\s*[\w$]+)*)\s*[\]})]?\s*(?::[^=]+?)?\s*:?=(?![=>])(.*)$/;
const loop =
  /^\s*(?:async\s+)?for\s*(?:await\s*)?\(?\s*(?:const\s+|let\s+|var\s+)?\(?([\w$]+(?:\s*,\s*[\w$]+)*)\)?\s+(?:in|of)\b(.*)$/;

const withoutTarget = (code: string): string => assignment.exec(code)?.[2] ?? loop.exec(code)?.[2] ?? code;

/** Returns the functions that produce the values of names: in assignments before the line, and in the caller's arguments. */
function flowInto(
  names: ReadonlySet<string>,
  { source, line }: Place,
  outer: readonly ResolvedFrame[],
  workspace: Workspace,
  known_as?: string,
): ValueSource[] {
  const own = definitionAt(source, line, ["function"]);
  const { code } = blank(source);
  const found: ValueSource[] = [];
  const assigned = new Set<string>();
  for (let at = line - 1; at >= (own?.first ?? 1); at--) {
    const text = code[at - 1] ?? "";
    const targets = (assignment.exec(text) ?? loop.exec(text))?.[1] ?? "";
    const name = targets.split(/\s*,\s*/).find((one) => names.has(one) && !assigned.has(one));
    if (name === undefined) continue;
    assigned.add(name);
    found.push(...callsIn(withoutTarget(codeAt(source, at)), { source, line: at }, workspace, known_as ?? name));
  }
  const [caller, ...further] = outer;
  const calling = workspace.text(caller?.file ?? "");
  if (own === undefined || caller === undefined || calling === undefined) return found;
  const passed = argumentsOf(own.name, codeAt(calling, caller.line));
  parametersOf(own.name, codeAt(source, own.first)).forEach((parameter, nth) => {
    if (!names.has(parameter) || assigned.has(parameter)) return;
    const by_name = new RegExp(String.raw`^${parameter.replaceAll("$", "\\$")}\s*[=:](?!=)`);
    const argument = passed.find((one) => by_name.test(one))?.replace(by_name, "") ?? passed[nth];
    if (argument === undefined) return;
    const place = { source: calling, line: caller.line };
    found.push(
      ...callsIn(argument, place, workspace, known_as ?? parameter),
      ...flowInto(valuesIn(argument), place, further, workspace, known_as ?? parameter),
    );
  });
  return found;
}

/** Returns the functions that produce the values of an object's attributes, such as `self.rates`. */
function ownValues(statement: string, source: SourceFile, workspace: Workspace): ValueSource[] {
  const names = new Set([...statement.matchAll(/\b(?:self|this)\.([\w$]+)(?!\s*\(|[\w$])/g)].map(([, name = ""]) => name));
  const { code } = blank(source);
  return code.flatMap((text, at) => {
    const [, name = "", value = ""] = /^\s*(?:self|this)\.([\w$]+)\s*(?::[^=]+?)?=(?!=)(.*)$/.exec(text) ?? [];
    return names.has(name) ? callsIn(value, { source, line: at + 1 }, workspace, name) : [];
  });
}

/** Returns the workspace functions that an expression calls, outermost first. */
function callsIn(code: string, { source, line }: Place, workspace: Workspace, value?: string): ValueSource[] {
  return [...code.matchAll(/(?<![\w$.])((?:[A-Za-z_$][\w$]*\.)*)([A-Za-z_$][\w$]*)\s*\(/g)].flatMap(
    ([, owner = "", name = ""]) => {
      const definition = definitionOf(name, owner !== "" && !/^(?:self|this|cls)\.$/.test(owner), source, workspace);
      if (definition === undefined) return [];
      const called_at = `${source.path}:${line}`;
      return [{ definition, called_at, ...(value === undefined ? {} : { value }) }];
    },
  );
}

/** Finds a function by name in the same file, in its imports, or behind a package's index file. */
function definitionOf(name: string, is_owned: boolean, source: SourceFile, workspace: Workspace): Definition | undefined {
  const inside = (one: SourceFile): Definition | undefined =>
    outlineOf(one).find((definition) => definition.kind === "function" && definition.name === name);
  const own = is_owned ? undefined : inside(source);
  if (own !== undefined) return own;
  for (const { file, names } of importsOf(source, workspace)) {
    if (!names.includes(name) && !is_owned) continue;
    const imported = workspace.text(file);
    if (imported === undefined) continue;
    const direct = inside(imported);
    if (direct !== undefined) return direct;
    for (const behind of importsOf(imported, workspace)) {
      const further = behind.names.includes(name) ? workspace.text(behind.file) : undefined;
      const found = further === undefined ? undefined : inside(further);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Returns the arguments of the first call of a function, or the parameters in its definition. */
function argumentsOf(name: string, code: string): string[] {
  const start = new RegExp(String.raw`(?<![\w$])${name.replaceAll("$", "\\$")}\s*(?:<[^(]*>)?\(`).exec(code);
  if (start === null) return [];
  const from = start.index + start[0].length;
  let depth = 1;
  let end = from;
  for (; end < code.length && depth > 0; end++)
    depth += "([{".includes(code[end] ?? "") ? 1 : ")]}".includes(code[end] ?? "") ? -1 : 0;
  return outerParts(code.slice(from, depth === 0 ? end - 1 : end)).filter((part) => part !== "");
}

const parametersOf = (name: string, head: string): string[] =>
  argumentsOf(name, head)
    .filter((part) => !/^(?:&?(?:mut )?self|cls|this|\/|\*)\b|^[/*]$/.test(part))
    .map((part) => /^\*{0,2}(?:\.\.\.)?([\w$]+)/.exec(part)?.[1] ?? "");

/** Returns the line that returns the value; for a missing value, the line that returns nothing. */
export function returnLine({ file, first, last }: Definition, is_missing: boolean, workspace: Workspace): number {
  const source = workspace.text(file);
  if (source === undefined) return first;
  const lines = blank(source).code.slice(first - 1, last);
  const nothing = lines.findIndex((line) => /^\s*return(?:\s+(?:None|null|undefined|nil))?\s*;?\s*$/.test(line));
  const given = lines.findLastIndex((line) => /^\s*(?:return|yield)\b/.test(line));
  const at = is_missing && nothing >= 0 ? nothing : given;
  return at < 0 ? first : first + at;
}
