/** One place on a stack, as the trace writes it. */
export interface Frame {
  path: string;
  /** From 1. */
  line: number;
  column?: number;
  function?: string;
  /** The source line, where the trace shows it. */
  source?: string;
}

/** How an error came to stand in a trace beside another. */
export type Relation = "cause" | "context" | "suppressed" | "member" | "goroutine";

/** One error that was thrown, with its stack; frames from the innermost out. */
export interface ThrownError {
  language: "python" | "node" | "java" | "go" | "rust" | "ruby" | "text";
  type?: string;
  message: string;
  frames: Frame[];
  /** What it is to the error that it stands with; absent for the one that ended the program. */
  relation?: Relation;
  /** The line of the text where it stands, from 0. */
  at: number;
}

/** A line of a trace; a reader claims those that it understood. */
export interface TraceLine {
  text: string;
  claimed: boolean;
}

/** The class and the message of a line like `ValueError: bad`, or the whole line as a message. */
export function splitError(text: string): { type?: string; message: string } {
  const parts = /^([A-Za-z_][\w.$]*(?:::[\w]+)*)(?: \[[\w-]+\])?(?:: ?(.*))?$/s.exec(text.trim());
  if (parts?.[1] === undefined || (parts[2] === undefined && !/[A-Z]/.test(parts[1]))) return { message: text.trim() };
  return { type: parts[1], message: (parts[2] ?? "").trim() };
}

/** A path as the workspace writes it: no scheme, no Windows separators, no leading `./`. */
export function normalizePath(path: string): string {
  let plain = path;
  if (/^(file|webpack|webpack-internal|vite|ng|app):\/\//.test(plain)) {
    plain = plain.replace(/^file:\/\/(?:localhost)?/, "").replace(/^[\w-]+:\/\/\/?(?:[\w-]*\/)?/, "");
    try {
      plain = decodeURIComponent(plain);
    } catch {
      // A stray percent sign is part of a name then.
    }
  }
  plain = plain.replace(/[?#].*$/, "").replaceAll("\\", "/");
  return plain.replace(/^\/(?=[A-Za-z]:\/)/, "").replace(/^(?:\.\/)+/, "");
}
