/** Kinds of evidence. They are independent because each comes from its own source. */
const evidence_kinds = [
  "trace", // the place is on the stack
  "flow", // the result of the function flows into the line that failed
  "test", // the failing test calls the function, directly or indirectly
  "message", // the place raises the text or class of the error
  "words", // names and words of the failure occur there more often than elsewhere
  "history", // the place was changed recently, or often together with the failing test
  "named", // the user named the file or one of its definitions
  "code", // a rule found a fault in these lines
  "context", // the gathered context mentions the place
] as const;

/** One of `evidence_kinds`. */
export type EvidenceKind = (typeof evidence_kinds)[number];

/** One piece of evidence for a root cause. */
export interface Evidence {
  kind: EvidenceKind;
  text: string;
}

/**
 * Computes `confidence` as 1 - 0.7^n, where n is the number of independent kinds of evidence for a place. Each kind removes
 * three tenths of the remaining doubt: 1 kind is 0.3, 2 are 0.51, 3 are 0.66, 4 are 0.76, 5 are 0.83. Several pieces of one
 * kind count once, and the value never reaches 1. It measures the amount of evidence and is not a probability: on the
 * faults of `test/bench/debug.ts`, places with more kinds of evidence were not right more often.
 */
export function confidenceOf(evidence: readonly Evidence[]): number {
  const kinds = new Set(evidence.map(({ kind }) => kind));
  return Math.round((1 - 0.7 ** kinds.size) * 100) / 100;
}
