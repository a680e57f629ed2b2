import type { Evidence } from "./confidence.ts";
import type { Severity } from "./rule.ts";

/** A line of a file, as a report shows it. */
export interface ShownLine {
  line: number;
  text: string;
}

/** A place that may be the cause. */
export interface RootCause {
  file: string;
  line: number;
  /** The definition that the line stands in. */
  name?: string;
  claim: string;
  /** See `confidenceOf`. */
  confidence: number;
  evidence: Evidence[];
  lines: ShownLine[];
  /** Who changed these lines last. */
  last_changed?: { commit: string; author: string; date: string; subject: string; with_files: string[] };
  /** `file:line: text` of lines that call it. */
  called_from?: string[];
  /** Callers of those callers; with `deep` only. */
  callers?: string[];
  /** Tests that name it. */
  tests?: string[];
  /** Earlier commits of its file, newest first; with `deep` only. */
  history?: string[];
}

/** Something that stands out, whether it is the cause or not. */
export interface Finding {
  kind:
    | "missing_file"
    | "unreadable_file"
    | "syntax"
    | "quality"
    | "performance"
    | "security"
    | "open_point"
    | "context"
    | "input"
    | "clean";
  severity: Severity;
  file?: string;
  line?: number;
  message: string;
  evidence?: string;
}

/** One error of the traces, in short. */
export interface SeenError {
  language: string;
  type: string | null;
  message: string;
  relation: string | null;
  frames: { own: number; test: number; library: number; unknown: number };
}

/** What an investigation ends in. */
export interface Report {
  baseline: {
    problem: string;
    analysis_depth: string;
    errors: SeenError[];
    failing_tests: string[];
    affected_files: { path: string; state: string }[];
    workspace: { path: string; files: number; git: boolean; files_read: number };
    context_used: string[];
  };
  focus: {
    frames: { file: string; line: number; function: string | null; origin: string; text: string | null }[];
    raised_at: { file: string; line: number; text: string }[];
    examined: string[];
    files_considered: number;
    suspects_considered: number;
  };
  root_cause: RootCause[];
  optimization: { file: string; line: number; advice: string; because: string }[];
  synthesis: string;
  findings: Finding[];
  hypothesis?: { text: string; for: string[]; against: string[]; verdict: "supported" | "contradicted" | "open" };
  /** What was not looked at, and why: for lack of time too. */
  not_seen: string[];
}
