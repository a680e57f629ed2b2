/** Kinds of evidence that are independent of each other: each comes from a source of its own. */
const evidence_kinds = [
  "trace", // it is on the stack
  "flow", // its result flows into the line that failed
  "test", // the failing test calls it, or what it calls does
  "message", // the text or class of the error is raised there
  "words", // names and words of the failure stand there more than elsewhere
  "history", // it was changed lately, or is usually changed together with the failing test
  "named", // the user named the file, or what it defines
  "code", // a rule found something at fault in these lines
  "context", // gathered context speaks of it
] as const;

/** One of `evidence_kinds`. */
export type EvidenceKind = (typeof evidence_kinds)[number];

/** One thing that speaks for a root cause. */
export interface Evidence {
  kind: EvidenceKind;
  text: string;
}

/**
 * The rule of `confidence`: 1 - 0.7^n, where n is the number of independent kinds of evidence that point to the place;
 * each kind takes away three tenths of the doubt that the others left. 1 kind is 0.3, 2 are 0.51, 3 are 0.66, 4 are 0.76,
 * 5 are 0.83. Several pieces of one kind count once, and nothing reaches 1. It says how much speaks for a place, and is no
 * probability: on the faults of `test/bench/debug.ts` places with more kinds were not right more often than those with fewer.
 */
export function confidenceOf(evidence: readonly Evidence[]): number {
  const kinds = new Set(evidence.map(({ kind }) => kind));
  return Math.round((1 - 0.7 ** kinds.size) * 100) / 100;
}
