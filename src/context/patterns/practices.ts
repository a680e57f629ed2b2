import type { Pattern } from "./pattern.ts";

/** Practices that belong to no architecture. */
export const practices: readonly Pattern[] = [
  {
    name: "error-handling",
    summary: "Every failure has a name, is met where something can be done about it, and tells what to do next.",
    rules: [
      "Tell expected failures (a result or a named error) from mistakes in the program (let them fail loudly).",
      "Check input where it enters; behind that point trust it.",
      "Catch the narrowest error, at the place that can retry, replace or report; let everything else pass.",
      "Wrap with what was being done and with which thing, and keep the cause.",
      "A message says what is wrong, which thing by name, and what to do. It holds no secret.",
      "Release what was opened whatever happens: `with`, `defer`, `finally`, `using`.",
      "Retry only what is idempotent and may pass, with a limit, a growing pause and chance; respect the caller's time limit.",
      "Report an error once: either log it or hand it up.",
      "Test the failures as well as the successes, each by its name.",
    ],
    avoid: [
      "Empty handlers, and handlers for everything.",
      "Answering a failure with a value that looks like success: null, an empty list, zero.",
      "Parsing the message of an error to decide what to do.",
    ],
  },
  {
    name: "debugging",
    summary: "Find the cause by evidence: reproduce, narrow down, explain, mend, and keep a test.",
    rules: [
      "Reproduce it first, with the smallest input that shows it; note versions and environment.",
      "Read the whole message and the whole trace: the deepest frame of the project's own code comes first.",
      "Ask what changed last: the history of the lines in the trace, of dependencies, of configuration.",
      "Write down a hypothesis and what it predicts; test that with one change at a time.",
      "Halve the distance: between a commit that works and one that does not, between input and wrong output.",
      "Look at real values at the boundary where they go from right to wrong, before changing any code.",
      "For what happens only sometimes suspect order, time, shared state and resources that run out; make the order fixed.",
      "The cause is found when it explains every symptom, and when taking it away and putting it back switches the failure.",
      "Mend the cause where it arises, look for the same mistake elsewhere, and add a test that fails without the mend.",
    ],
    avoid: [
      "Changing several things at once.",
      "Silencing the symptom: a wider catch, a longer pause, a skipped test.",
      "Blaming the compiler, the library or the network before there is evidence.",
    ],
  },
];
