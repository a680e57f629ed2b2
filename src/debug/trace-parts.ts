/** A stack frame as written in the trace. */
export interface Frame {
  path: string;
  /** From 1. */
  line: number;
  column?: number;
  function?: string;
  /** The source line, if the trace shows it. */
  source?: string;
}

/** The relation of an error to another error in the same trace. */
export type Relation = "cause" | "context" | "suppressed" | "member" | "goroutine";

/** A thrown error with its stack, innermost frame first. */
export interface ThrownError {
  language: "python" | "node" | "java" | "go" | "rust" | "ruby" | "text";
  type?: string;
  message: string;
  frames: Frame[];
  /** Relation to the other errors of the trace; absent for the error that ended the program. */
  relation?: Relation;
  /** The line of the error in the text, from 0. */
  at: number;
}

/** A line of a trace; each reader claims the lines that it understands. */
export interface TraceLine {
  text: string;
  claimed: boolean;
}

/** Splits a line like `ValueError: bad` into class and message; any other line becomes the message. */
export function splitError(text: string): { type?: string; message: string } {
  const parts = /^([A-Za-z_][\w.$]*(?:::[\w]+)*)(?: \[[\w-]+\])?(?:: ?(.*))?$/s.exec(text.trim());
  if (parts?.[1] === undefined || (parts[2] === undefined && !/[A-Z]/.test(parts[1]))) return { message: text.trim() };
  return { type: parts[1], message: (parts[2] ?? "").trim() };
}

/** Removes the scheme, query and leading `./` from a path, and converts Windows separators. */
export function normalizePath(path: string): string {
  let plain = path;
  if (/^(file|webpack|webpack-internal|vite|ng|app):\/\//.test(plain)) {
    plain = plain.replace(/^file:\/\/(?:localhost)?/, "").replace(/^[\w-]+:\/\/\/?(?:[\w-]*\/)?/, "");
    try {
      plain = decodeURIComponent(plain);
    } catch {
      // A stray percent sign is part of the name.
    }
  }
  plain = plain.replace(/[?#].*$/, "").replaceAll("\\", "/");
  return plain.replace(/^\/(?=[A-Za-z]:\/)/, "").replace(/^(?:\.\/)+/, "");
}
