/** A fold in Python: what the state holds, and how an event changes it. */
export interface Shape {
  /** A class that the state is made of. */
  before?: string;
  /** The values that add, and those that take away. */
  signs?: { plus: readonly string[]; minus: readonly string[] } | undefined;
  /** Lines of the state's dataclass. */
  state: readonly string[];
  /** The body of `reduce`. */
  body: string;
  doc: string;
  /** Lines that check two events, `first` and `second`, both like the sample. */
  checks: readonly string[];
  /** What turns saved JSON into the state again. */
  restore: string;
}
