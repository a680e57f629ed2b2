import type { FailingTest, ResolvedError } from "./clues.ts";
import { identifiersOf, literalsOf, wordsOf } from "./words.ts";
import type { Workspace } from "./workspace.ts";

/** The search terms taken from the problem, the errors and the failing tests. */
export interface Query {
  /** Word -> weight. */
  words: Map<string, number>;
  /** Identifier as written in code -> weight. */
  identifiers: Map<string, number>;
  /** Error texts and other quoted texts that may occur in the code. */
  literals: string[];
}

/** The weight of a word by its source. */
const weight = { failing_line: 3, test_name: 2.5, problem: 1.5, message: 1.5, test_body: 1, frame: 1, prose: 0.4 } as const;

/** Maximum number of lines of a test that are read for names. */
const max_test_lines = 120;

/** Builds the query of an investigation. */
export function makeQuery(
  problem: string,
  errors: readonly ResolvedError[],
  tests: readonly FailingTest[],
  prose: readonly string[],
  workspace: Workspace,
): Query {
  const query: Query = { words: new Map(), identifiers: new Map(), literals: [] };
  const add = (text: string, by: number, is_code: boolean): void => {
    const counted = new Map<string, number>();
    for (const word of wordsOf(text)) counted.set(word, (counted.get(word) ?? 0) + 1);
    for (const [word, count] of counted) query.words.set(word, (query.words.get(word) ?? 0) + by * (1 + Math.log(count)));
    for (const name of new Set(identifiersOf(text)))
      if (is_code || /[a-z][A-Z]|_|^[A-Z]/.test(name))
        query.identifiers.set(name, Math.max(query.identifiers.get(name) ?? 0, by));
  };
  add(problem.slice(0, 10_000), weight.problem, false);
  for (const { type, message, frames } of errors.slice(0, 20)) {
    add(`${type ?? ""} ${message}`.slice(0, 2000), weight.message, false);
    if (message !== "") query.literals.push(message.slice(0, 400), ...literalsOf(message));
    for (const frame of frames.slice(0, 12))
      if (frame.origin !== "library") add(`${frame.function ?? ""} ${frame.source ?? ""}`, weight.frame, true);
  }
  const per_test = 1 / Math.max(1, tests.length);
  for (const test of tests) {
    const source = workspace.text(test.file);
    if (source === undefined) continue;
    const { first = test.line, last = test.line, name = "" } = test.definition ?? {};
    add(name, weight.test_name, false);
    add(statementAt(source.lines, test.line, first), weight.failing_line * (0.5 + per_test / 2), true);
    const from = Math.max(first, Math.min(test.line - max_test_lines, last));
    add(source.lines.slice(from - 1, Math.min(last, test.line)).join("\n"), weight.test_body * (0.5 + per_test / 2), true);
  }
  if (tests.length === 0) add(prose.slice(0, 40).join("\n").slice(0, 4000), weight.prose, false);
  return query;
}

/** Returns the failing line and up to three lines above it that are indented deeper and so belong to the same statement. */
function statementAt(lines: readonly string[], line: number, first: number): string {
  let from = line - 1;
  const indent = (text: string): number => text.length - text.trimStart().length;
  const own = indent(lines[from] ?? "");
  while (from > first && line - from < 4 && indent(lines[from - 1] ?? "") > own) from--;
  return lines.slice(from, line).join("\n");
}
