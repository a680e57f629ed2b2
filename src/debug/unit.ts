import { blank } from "./blank.ts";
import type { CandidateFile } from "./candidates.ts";
import { type Definition, outlineOf } from "./outline.ts";
import { isPeripheralPath, isTestPath } from "./path-kinds.ts";
import { identifiersOf, wordsOf } from "./words.ts";
import type { SourceFile } from "./workspace.ts";

/** The signals that point to a suspect, each from 0 to 1; `rank.ts` weighs them. */
export interface Signals {
  /** The suspect is on the stack: 1 for the innermost frame of the user's own code, less further out. */
  frame: number;
  /** The suspect's file is on the stack. */
  file_frame: number;
  /** The failing line or test calls the suspect by name, directly or through other functions. */
  called: number;
  /** The failing line itself names the suspect. */
  direct: number;
  /** The suspect shares words with the failure. */
  words: number;
  /** The suspect's file shares words with the failure. */
  file_words: number;
  /** The suspect contains the text of the error. */
  raised: number;
  /** A failing test imports the suspect's file. */
  imported: number;
  /** The suspect's file is named like the failing test's file. */
  twin: number;
  /** The suspect's name shares words with the failing test's name or the problem. */
  name: number;
  /** How often the suspect's file was changed recently. */
  churn: number;
  /** How often the suspect's file was changed together with the failing test's file. */
  together: number;
  /** The user named the suspect's file. */
  named: number;
  /** The suspect's length: more lines leave more room for faults. */
  size: number;
  /** The suspect is a class or a value, not a function. */
  not_function: number;
  /** The suspect is in a test, an example, the documentation or generated code. */
  peripheral: number;
}

/** A definition that may contain the fault. */
export interface Suspect {
  definition: Definition;
  signals: Signals;
  /** Lines of the definition that a frame names, innermost first. */
  frame_lines: number[];
  /** Lines of the definition that contain the error's text. */
  raised_lines: number[];
}

/** A suspect with the words and calls that the signals are computed from. */
export interface Unit extends Suspect {
  words: Map<string, number>;
  length: number;
  calls: Set<string>;
}

/** Returns the definitions of a file, each with its counts of `terms` (identifiers as `=name`) and the names it uses. */
export function unitsOf(source: SourceFile, candidate: CandidateFile, terms: ReadonlySet<string>): Unit[] {
  const outline = outlineOf(source).filter((one) => one.kind !== "test");
  return outline.flatMap((definition): Unit[] => {
    const inner = outline.find(
      (one) => one.first > definition.first && one.first <= definition.last && one.kind === "function",
    );
    // A class ends before its first method: the methods are suspects of their own.
    const last =
      definition.kind === "class" && inner !== undefined ? Math.max(definition.first, inner.first - 1) : definition.last;
    const own = { ...definition, last };
    const text = source.lines.slice(definition.first - 1, Math.min(last, definition.first + 600)).join("\n");
    const words = new Map<string, number>();
    const count = (found: readonly string[], by: number): void => {
      for (const word of found) if (terms.has(word)) words.set(word, (words.get(word) ?? 0) + by);
    };
    const code = blank(source)
      .code.slice(definition.first - 1, Math.min(last, definition.first + 600))
      .join("\n");
    // Words that occur only in strings and comments count half.
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
      peripheral: isPeripheralPath(source.path) || isTestPath(source.path) ? 1 : 0,
    };
    return [{ definition: own, signals, frame_lines: [], raised_lines: [], words, length, calls: new Set(names) }];
  });
}
