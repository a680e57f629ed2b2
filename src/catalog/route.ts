import type { Agent } from "#agents";

/** How well an agent fits a request. */
export interface Score {
  agent: string;
  /** How many of the agent's words the request contains. */
  score: number;
  words: readonly string[];
}

/** The agents a request is routed to, and the scores of all agents, best first. */
export type Route =
  | { type: "one"; agent: string; scores: readonly Score[] }
  | { type: "tie"; agents: readonly string[]; scores: readonly Score[] }
  | { type: "none"; scores: readonly Score[] };

/**
 * Routes a request to the agent whose words it contains most: name, triggers, capabilities. A paid agent is a candidate
 * only if the configuration names it.
 */
export function route(text: string, agents: Iterable<Agent>): Route {
  const candidates = [...agents].filter(({ is_paid, is_configured }) => is_paid !== true || is_configured === true);
  const scores = candidates.map((agent): Score => {
    const words = wordsOf(agent).filter((word) => mentions(text, word));
    return { agent: agent.name, score: words.length, words };
  });
  scores.sort((a, b) => b.score - a.score);
  const best_score = scores[0]?.score ?? 0;
  const best = scores.filter(({ score }) => score === best_score).map(({ agent }) => agent);
  if (best_score === 0) return { type: "none", scores };
  return best.length === 1 ? { type: "one", agent: best[0] ?? "", scores } : { type: "tie", agents: best, scores };
}

/** Routes a task whose agent is `auto`. Agents whose input schema accepts the task's input come first. */
export function routeTask(
  { description, input_data }: { description: string; input_data: Readonly<Record<string, unknown>> },
  agents: Iterable<Agent>,
): Route {
  // An agent that runs commands must be named explicitly: its input is code, and a guess must not turn text into code.
  const all = [...new Set(agents)].filter(({ shell_fields }) => shell_fields.length === 0);
  const texts = Object.values(input_data).filter((value) => typeof value === "string");
  const text = [description, ...texts].join("\n");
  const preferred = route(
    text,
    all.filter(({ input }) => input.safeParse(input_data).success),
  );
  return preferred.type === "none" ? route(text, all) : preferred;
}

const wordsOf = ({ name, triggers, capabilities }: Agent): string[] => [
  ...new Set([name, ...triggers, ...capabilities].map((word) => word.toLowerCase().replaceAll("-", " "))),
];

/** Returns whether a text contains a form of a word: "generating two nodes" contains `generate`. */
function mentions(text: string, word: string): boolean {
  const stem = word.replace(/e$/, "").replaceAll(/[^\p{L}\p{N}]+/gu, "\\W+");
  return new RegExp(`(?<![\\p{L}\\p{N}])${stem}(?:e?s|e?d|ing|e|er)?(?![\\p{L}\\p{N}])`, "iu").test(text);
}
