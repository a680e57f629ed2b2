import type { Agent } from "#agents";

/** How well an agent fits a request. */
export interface Score {
  agent: string;
  /** How many of its words the request has. */
  score: number;
  words: readonly string[];
}

/** Where a request goes, and the score of every agent, best first. */
export type Route =
  | { type: "one"; agent: string; scores: readonly Score[] }
  | { type: "tie"; agents: readonly string[]; scores: readonly Score[] }
  | { type: "none"; scores: readonly Score[] };

/**
 * Routes a request by the words that speak for each agent: its triggers, its capabilities, its name. One that costs money
 * is asked only where the user has named it in the configuration.
 */
export function route(text: string, agents: Iterable<Agent>): Route {
  const candidates = [...agents].filter(({ is_paid, is_configured }) => is_paid !== true || is_configured === true);
  const scores = candidates.map((agent): Score => {
    const words = wordsOf(agent).filter((word) => has(text, word));
    return { agent: agent.name, score: words.length, words };
  });
  scores.sort((a, b) => b.score - a.score);
  const most = scores[0]?.score ?? 0;
  const best = scores.filter(({ score }) => score === most).map(({ agent }) => agent);
  if (most === 0) return { type: "none", scores };
  return best.length === 1 ? { type: "one", agent: best[0] ?? "", scores } : { type: "tie", agents: best, scores };
}

/** Routes a task that says `auto`: among those that take its input, if any do. */
export function routeTask(
  { description, input_data }: { description: string; input_data: Readonly<Record<string, unknown>> },
  agents: Iterable<Agent>,
): Route {
  // What runs commands must be named: its input is code, and no guess may make it that.
  const all = [...new Set(agents)].filter(({ shell_fields }) => shell_fields.length === 0);
  const said = Object.values(input_data).filter((value) => typeof value === "string");
  const text = [description, ...said].join("\n");
  const takers = route(
    text,
    all.filter(({ input }) => input.safeParse(input_data).success),
  );
  return takers.type === "none" ? route(text, all) : takers;
}

const wordsOf = ({ name, triggers, capabilities }: Agent): string[] => [
  ...new Set([name, ...triggers, ...capabilities].map((word) => word.toLowerCase().replaceAll("-", " "))),
];

/** Whether a text has a word, or a form of it: `generate` is in "generating two nodes". */
function has(text: string, word: string): boolean {
  const stem = word.replace(/e$/, "").replaceAll(/[^\p{L}\p{N}]+/gu, "\\W+");
  return new RegExp(`(?<![\\p{L}\\p{N}])${stem}(?:e?s|e?d|ing|e|er)?(?![\\p{L}\\p{N}])`, "iu").test(text);
}
