import type { Pattern } from "./pattern.ts";

/** Patterns for any architecture. */
export const practices: readonly Pattern[] = [
  {
    name: "error-handling",
    summary: "Every failure has a name, is handled where something can be done about it, and says what to do next.",
    rules: [
      "Distinguish expected failures (a result or a named error) from bugs (let them fail loudly).",
      "Validate input where it enters; trust it from there on.",
      "Catch the narrowest error, where the code can retry, substitute or report; let everything else propagate.",
      "When wrapping an error, name the operation and its object, and keep the cause.",
      "A message says what is wrong, where, and what to do. It contains no secrets.",
      "Always release resources: `with`, `defer`, `finally`, `using`.",
      "Retry only transient failures of idempotent calls, with a limit, backoff and jitter; respect the caller's timeout.",
      "Report an error once: either log it or propagate it.",
      "Test failures as well as successes, each by its name.",
    ],
    avoid: [
      "Empty handlers, and handlers that catch everything.",
      "Returning a value that looks like success after a failure: null, an empty list, zero.",
      "Parsing an error message to decide what to do.",
    ],
  },
  {
    name: "debugging",
    summary: "Find the cause by evidence: reproduce, narrow down, explain, fix, and keep a test.",
    rules: [
      "Reproduce it first, with the smallest input that shows it; note versions and environment.",
      "Read the whole message and stack trace; start at the deepest frame in the project's own code.",
      "Find out what changed last: the lines in the stack trace, dependencies, configuration.",
      "Write down a hypothesis and what it predicts; test it with one change at a time.",
      "Bisect: between a good and a bad commit, between the input and the wrong output.",
      "Inspect real values at the point where they turn wrong, before changing any code.",
      "For intermittent failures, suspect order, timing, shared state and exhausted resources; make the order deterministic.",
      "The cause is found when it explains every symptom, and when removing and restoring it stops and restarts the failure.",
      "Fix the cause where it arises, look for the same mistake elsewhere, and add a test that fails without the fix.",
    ],
    avoid: [
      "Changing several things at once.",
      "Silencing the symptom: a wider catch, a longer pause, a skipped test.",
      "Blaming the compiler, the library or the network before there is evidence.",
    ],
  },
];
