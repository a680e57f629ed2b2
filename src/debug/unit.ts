import { blank } from "./blank.ts";
import type { CandidateFile } from "./candidates.ts";
import { type Definition, outlineOf } from "./outline.ts";
import { isPeripheralPath, isTestPath } from "./path-kinds.ts";
import { identifiersOf, wordsOf } from "./words.ts";
import type { SourceFile } from "./workspace.ts";

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
  peripheral: number;
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

/** A suspect while it is being weighed. */
export interface Unit extends Suspect {
  words: Map<string, number>;
  length: number;
  calls: Set<string>;
}

/** The definitions of a file, each with its words as far as they are `asked` for (identifiers as `=name`), and the names that it uses. */
export function unitsOf(source: SourceFile, candidate: CandidateFile, terms: ReadonlySet<string>): Unit[] {
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
      for (const word of found) if (terms.has(word)) words.set(word, (words.get(word) ?? 0) + by);
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
      peripheral: isPeripheralPath(source.path) || isTestPath(source.path) ? 1 : 0,
    };
    return [{ definition: own, signals, frame_lines: [], raised_lines: [], words, length, calls: new Set(names) }];
  });
}
