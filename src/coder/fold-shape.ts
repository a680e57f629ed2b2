/** A fold in Python: what the state holds, and how an event changes it. */
export interface Shape {
  /** A class used by the state. */
  before?: string;
  /** The values that add and those that subtract. */
  signs?: { plus: readonly string[]; minus: readonly string[] } | undefined;
  /** Lines of the state's dataclass. */
  state: readonly string[];
  /** The body of `reduce`. */
  body: string;
  doc: string;
  /** Lines that check the states `first` and `second`, after one and two sample events. */
  checks: readonly string[];
  /** The expression that restores the state from saved JSON. */
  restore: string;
}
