/** A guideline for agents. */
export interface Pattern {
  name: string;
  summary: string;
  /** The rules to follow. */
  rules: readonly string[];
  /** Common mistakes. */
  avoid?: readonly string[];
  /** A code sketch. */
  example?: string;
}
