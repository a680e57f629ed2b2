import { blank } from "./blank.ts";
import type { CandidateFile } from "./candidates.ts";
import type { FailingTest, PlacedError } from "./clues.ts";
import { importsOf } from "./imports.ts";
import { isAsidePath, isTestPath } from "./library-frames.ts";
import { type Definition, outlineOf } from "./outline.ts";
import type { Query } from "./query.ts";
import { identifiersOf, wordsOf } from "./words.ts";
import type { Workspace } from "./workspace.ts";

/** What speaks for a suspect, each from 0 to 1; `rank.ts` weighs them. */
export interface Signals {
  /** It is on the stack: 1 for the innermost frame of the user's own code, less further out. */
  frame: number;
  /** Its file is on the stack. */
  file_frame: number;
  /** The failing line or test, or what they call, calls it by name. */
  called: number;
  /** The failing line itself names it. */
  direct: number;
  /** Its words are those of the failure. */
  words: number;
  /** Its file's words are those of the failure. */
  file_words: number;
  /** The text of the error stands in it. */
  raised: number;
  /** A failing test imports its file. */
  imported: number;
  /** Its file has the failing test's name. */
  twin: number;
  /** Its name shares words with the failing test's name and the problem. */
  name: number;
  /** How often its file was changed, of late. */
  churn: number;
  /** How often its file was changed together with the failing test's. */
  together: number;
  /** The user named its file. */
  named: number;
  /** How long it is: there is more to be wrong in more lines. */
  size: number;
  /** It is a class or a value rather than a function. */
  not_function: number;
  /** It is code to the side: examples, documents, generated copies. */
  aside: number;
}

/** A definition that may be at fault. */
export interface Suspect {
  definition: Definition;
  signals: Signals;
  /** Lines within it that a frame names, innermost first. */
  frame_lines: number[];
  /** Lines within it that hold the error's text. */
  raised_lines: number[];
}

interface Unit extends Suspect {
  words: Map<string, number>;
  length: number;
  calls: Set<string>;
}

/** Where the text of an error stands. */
export interface RaisedPlace {
  path: string;
  line: number;
}

/** How often files were changed of late, and how often together with the failing tests. */
export interface ChangeCounts {
  changes: ReadonlyMap<string, number>;
  together: ReadonlyMap<string, number>;
}

/** Collects the suspects of the candidate files with what speaks for each. */
export function findSuspects(known: {
  candidates: readonly CandidateFile[];
  errors: readonly PlacedError[];
  tests: readonly FailingTest[];
  query: Query;
  raised: readonly RaisedPlace[];
  counts: ChangeCounts;
  workspace: Workspace;
  signal: AbortSignal;
}): Suspect[] {
  const { candidates, query, workspace, signal } = known;
  const units: Unit[] = [];
  for (const candidate of candidates) {
    signal.throwIfAborted();
    const source = workspace.text(candidate.path);
    if (source !== undefined) units.push(...unitsOf(source, candidate));
  }
  if (units.length === 0) return [];
  markFrames(units, known.errors);
  markRaised(units, known.raised);
  markWords(units, query);
  markCalls(units, query, known.tests, workspace);
  markFiles(units, known);
  return units;
}

function unitsOf(source: { path: string; lines: readonly string[] }, candidate: CandidateFile): Unit[] {
  const outline = outlineOf(source).filter((one) => one.kind !== "test");
  return outline.flatMap((definition): Unit[] => {
    const inner = outline.find(
      (one) => one.first > definition.first && one.first <= definition.last && one.kind === "function",
    );
    // A class is what stands before its first method: the methods are suspects of their own.
    const last =
      definition.kind === "class" && inner !== undefined ? Math.max(definition.first, inner.first - 1) : definition.last;
    const own = { ...definition, last };
    const text = source.lines.slice(definition.first - 1, Math.min(last, definition.first + 600)).join("\n");
    const words = new Map<string, number>();
    const count = (found: readonly string[], by: number): void => {
      for (const word of found) words.set(word, (words.get(word) ?? 0) + by);
    };
    const code = blank(source)
      .code.slice(definition.first - 1, Math.min(last, definition.first + 600))
      .join("\n");
    // What only texts and comments say counts half.
    const body = wordsOf(text);
    count(body, 0.5);
    count(wordsOf(code), 0.5);
    count(wordsOf(definition.name), 4);
    count(wordsOf(definition.container ?? ""), 1);
    const names = identifiersOf(text);
    count(
      names.map((name) => `=${name}`),
      1,
    );
    const length = body.length;
    const signals: Signals = {
      ...{
        frame: 0,
        file_frame: 0,
        called: 0,
        direct: 0,
        words: 0,
        file_words: 0,
        raised: 0,
        imported: 0,
        twin: 0,
        name: 0,
        churn: 0,
        together: 0,
      },
      named: candidate.is_named ? 1 : 0,
      size: Math.min(1, Math.log(1 + (last - definition.first)) / 5),
      not_function: definition.kind === "function" ? 0 : 1,
      aside: isAsidePath(source.path) || isTestPath(source.path) ? 1 : 0,
    };
    return [{ definition: own, signals, frame_lines: [], raised_lines: [], words, length, calls: new Set(names) }];
  });
}

/** The units of a file around a line, the innermost last. */
const around = (units: readonly Unit[], path: string, line: number): Unit[] =>
  units.filter(({ definition }) => definition.file === path && definition.first <= line && line <= definition.last);

/** How much the stack of an error weighs, by what it is to the others: a cause was there first. */
const by_relation = { none: 0.95, cause: 1, context: 0.85, member: 0.9, suppressed: 0.5, goroutine: 0.4 } as const;

function markFrames(units: readonly Unit[], errors: readonly PlacedError[]): void {
  const on_stack = new Map<string, number>();
  errors.forEach((error, at) => {
    // Of many errors in one text the first ones say most.
    // A place that some line names, such as a warning's, is no stack.
    const of_kind = error.language === "text" && errors.length > 1 ? 0.3 : by_relation[error.relation ?? "none"];
    const of_error = of_kind / (1 + 0.1 * Math.min(at, 10));
    let depth = 0;
    for (const frame of error.frames) {
      if (frame.origin !== "own" || frame.file === undefined) continue;
      const weight = of_error * 0.75 ** depth++;
      on_stack.set(frame.file, Math.max(on_stack.get(frame.file) ?? 0, weight));
      const unit = around(units, frame.file, frame.line).at(-1);
      if (unit === undefined) continue;
      unit.signals.frame = Math.max(unit.signals.frame, weight);
      unit.frame_lines.push(frame.line);
    }
  });
  for (const { definition, signals } of units) signals.file_frame = on_stack.get(definition.file) ?? 0;
}

function markRaised(units: readonly Unit[], raised: readonly RaisedPlace[]): void {
  for (const { path, line } of raised) {
    const unit = around(units, path, line).at(-1);
    if (unit === undefined) continue;
    unit.signals.raised = 1;
    unit.raised_lines.push(line);
  }
}

/** BM25 of the failure's words over the units, and over their files. */
function markWords(units: readonly Unit[], { words, identifiers }: Query): void {
  const asked = new Map([...words, ...[...identifiers].map(([name, weight]) => [`=${name}`, weight] as const)]);
  const mean = units.reduce((sum, unit) => sum + unit.length, 0) / units.length || 1;
  const idf = new Map<string, number>();
  for (const word of asked.keys()) {
    let holders = 0;
    for (const unit of units) if (unit.words.has(word)) holders++;
    idf.set(word, Math.log(1 + (units.length - holders + 0.5) / (holders + 0.5)));
  }
  const by_file = new Map<string, Map<string, number>>();
  const scores = units.map((unit) => {
    let score = 0;
    const of_file = by_file.get(unit.definition.file) ?? new Map<string, number>();
    by_file.set(unit.definition.file, of_file);
    for (const [word, weight] of asked) {
      const count = unit.words.get(word);
      if (count === undefined) continue;
      const part = (idf.get(word) ?? 0) * weight;
      score += (part * count * 2.2) / (count + 1.2 * (0.4 + (0.6 * unit.length) / mean));
      of_file.set(word, Math.max(of_file.get(word) ?? 0, part));
    }
    return score;
  });
  const most = Math.max(...scores, 1e-9);
  const file_scores = new Map([...by_file].map(([file, found]) => [file, [...found.values()].reduce((a, b) => a + b, 0)]));
  const most_of_file = Math.max(...file_scores.values(), 1e-9);
  units.forEach((unit, i) => {
    unit.signals.words = (scores[i] ?? 0) / most;
    unit.signals.file_words = (file_scores.get(unit.definition.file) ?? 0) / most_of_file;
  });
}

/** Follows names from the failing line and test to what they name, and from there to what that names, ever weaker. */
function markCalls(units: readonly Unit[], query: Query, tests: readonly FailingTest[], workspace: Workspace): void {
  const by_name = new Map<string, Unit[]>();
  for (const unit of units) {
    const same = by_name.get(unit.definition.name);
    if (same === undefined) by_name.set(unit.definition.name, [unit]);
    else same.push(unit);
  }
  const imported = new Set<string>();
  for (const { file } of tests) {
    const source = workspace.text(file);
    if (source !== undefined) for (const one of importsOf(source, workspace)) imported.add(one.file);
  }
  let wave = new Map<Unit, number>();
  const total = new Map<Unit, number>();
  const reach = (name: string, strength: number, into: Map<Unit, number>, from?: Unit): void => {
    const same = by_name.get(name);
    if (same === undefined || same.length > 40) return;
    // Of namesakes those are meant that stand near: in the file itself, in what the test imports.
    const near =
      from === undefined
        ? same.filter((unit) => imported.has(unit.definition.file))
        : same.filter((unit) => unit.definition.file === from.definition.file);
    const meant = near.length > 0 ? near : same;
    for (const unit of meant) if (unit !== from) into.set(unit, (into.get(unit) ?? 0) + strength / meant.length ** 0.7);
  };
  for (const [name, weight] of query.identifiers) reach(name, weight / 3, wave);
  for (const [unit, strength] of wave) unit.signals.direct = Math.min(1, strength);
  for (const unit of units) if (unit.signals.frame > 0) wave.set(unit, (wave.get(unit) ?? 0) + 0.7 * unit.signals.frame);
  for (let hop = 0; hop < 4 && wave.size > 0; hop++) {
    const next = new Map<Unit, number>();
    for (const [unit, strength] of wave) {
      total.set(unit, (total.get(unit) ?? 0) + strength);
      if (strength < 0.01) continue;
      // Who names a class makes one, by its constructor.
      if (unit.definition.kind === "class")
        for (const one of units) {
          const { name, container, file } = one.definition;
          if (
            container === unit.definition.name &&
            file === unit.definition.file &&
            /^(?:__init__|__new__|constructor|initialize|new)$/.test(name)
          )
            next.set(one, (next.get(one) ?? 0) + 0.8 * strength);
        }
      const named = [...unit.calls].filter((name) => by_name.has(name) && name !== unit.definition.name);
      for (const name of named) reach(name, (0.55 * strength) / Math.max(1, named.length) ** 0.5, next, unit);
    }
    wave = next;
  }
  const most = Math.max(...total.values(), 1e-9);
  for (const [unit, strength] of total) unit.signals.called = (strength / most) ** 0.5;
}

function markFiles(
  units: readonly Unit[],
  known: {
    tests: readonly FailingTest[];
    query: Query;
    counts: ChangeCounts;
    workspace: Workspace;
    candidates: readonly CandidateFile[];
  },
): void {
  const { tests, counts, workspace } = known;
  const stem = (path: string): string =>
    (path.split("/").at(-1) ?? "")
      .replace(/\.\w+$/, "")
      .replace(/[._-](?:test|spec)$|^test_|_test$|Tests?$/g, "")
      .toLowerCase();
  const folder = (path: string): string => path.split("/").slice(0, -1).at(-1)?.toLowerCase() ?? "";
  const test_stems = new Set(tests.flatMap(({ file }) => [stem(file), ...(stem(file) === "index" ? [folder(file)] : [])]));
  const test_words = new Set(
    tests.flatMap(({ definition, file }) => [...wordsOf(definition?.name ?? ""), ...wordsOf(stem(file))]),
  );
  const imported = new Map<string, number>();
  for (const { file } of tests) {
    const source = workspace.text(file);
    const direct = source === undefined ? [] : importsOf(source, workspace);
    for (const one of direct) imported.set(one.file, 1 / Math.max(1, direct.length) ** 0.25);
  }
  const distances = new Map(known.candidates.map(({ path, distance }) => [path, distance]));
  const most_changes = Math.log(1 + Math.max(1, ...counts.changes.values()));
  const most_together = Math.max(1, ...counts.together.values());
  for (const { definition, signals } of units) {
    const { file } = definition;
    const distance = distances.get(file) ?? 9;
    signals.imported = imported.get(file) ?? (distance < 9 ? 0.5 ** (distance + 1) : 0);
    const own = stem(file) === "index" || stem(file) === "__init__" || stem(file) === "mod" ? folder(file) : stem(file);
    signals.twin = test_stems.has(own)
      ? 1
      : [...test_stems].some((one) => one.length > 3 && (one.includes(own) || own.includes(one)) && own.length > 3)
        ? 0.5
        : 0;
    const names = new Set(wordsOf(`${definition.name}`));
    const shared = [...names].filter((word) => test_words.has(word) || (known.query.words.get(word) ?? 0) >= 2.5).length;
    signals.name = names.size === 0 ? 0 : shared / Math.max(names.size, 1.5);
    signals.churn = Math.log(1 + (counts.changes.get(file) ?? 0)) / most_changes;
    signals.together = (counts.together.get(file) ?? 0) / most_together;
  }
}
