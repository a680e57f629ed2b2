/** Time as the scheduler sees it; a parameter, so that tests run in virtual time. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since 1970, by the system clock. */
  wall(): number;
  /** Calls back after `ms`. Returns a function that cancels the call. */
  after(ms: number, call: () => void): () => void;
}
