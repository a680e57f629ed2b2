/** A way of building something, for an agent to follow. */
export interface Pattern {
  name: string;
  summary: string;
  /** What holds wherever the pattern is followed. */
  rules: readonly string[];
  /** What is often done wrong. */
  avoid?: readonly string[];
  /** A sketch, in the language that the rules speak of. */
  example?: string;
}
