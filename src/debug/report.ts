import type { Evidence } from "./confidence.ts";
import type { Severity } from "./rule.ts";

/** A source line in a report. */
export interface ShownLine {
  line: number;
  text: string;
}

/** A place that may contain the cause. */
export interface RootCause {
  file: string;
  line: number;
  /** The name of the definition around the line. */
  name?: string;
  claim: string;
  /** See `confidenceOf`. */
  confidence: number;
  evidence: Evidence[];
  lines: ShownLine[];
  /** The last commit that changed these lines; `date` is in ISO 8601. */
  last_changed?: { commit: string; author: string; date: string; subject: string; with_files: string[] };
  /** Lines that call the definition, as `file:line: text`. */
  called_from?: string[];
  /** Lines that call those callers; only with `deep`. */
  callers?: string[];
  /** Lines in tests that name the definition. */
  tests?: string[];
  /** Earlier commits of the file, newest first; only with `deep`. */
  history?: string[];
}

/** A noteworthy observation, whether or not it is the cause. */
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

/** A summary of one error in the traces. */
export interface SeenError {
  language: string;
  type: string | null;
  message: string;
  relation: string | null;
  frames: { own: number; test: number; library: number; unknown: number };
}

/** The output of an investigation. */
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
  /** What was not examined and why, including what was skipped for lack of time. */
  not_seen: string[];
}
