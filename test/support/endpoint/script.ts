/** One turn of a scripted model. Each prompt carries its own script, so that many conversations can share one endpoint. */
export type Step = AnswerStep | Refusal | Hang;

/** The model sends a message or calls a tool. */
export type AnswerStep = { text: string } | { tool: string; input: unknown };

/** Never responds. */
export interface Hang {
  hangs: true;
  /** See `Refusal`. */
  once?: boolean;
}

/** Fails with this HTTP status, and with `headers` such as retry-after. */
export interface Refusal {
  status: number;
  message?: string;
  headers?: Record<string, string>;
  /** Fails only the first time; later requests skip this step. */
  once?: boolean;
}

/** A conversation, independent of the wire format. */
export interface Conversation {
  /** The text of all messages, in order. */
  prompt: string;
  /** How many turns the model has taken since the last script. */
  turn: number;
  has_tools: boolean;
}

/** Encodes a script for a prompt. */
export const scripted = (steps: readonly Step[]): string =>
  `SCRIPT[[${Buffer.from(JSON.stringify(steps)).toString("base64")}]]`;

const pattern = /SCRIPT\[\[([A-Za-z0-9+/=]+)\]\]/g;

/** Returns the last script in a text. */
export function scriptIn(text: string): readonly Step[] | undefined {
  const found = [...text.matchAll(pattern)].at(-1)?.[1];
  // Only `scripted` writes these.
  return found === undefined ? undefined : (JSON.parse(Buffer.from(found, "base64").toString()) as Step[]);
}

/** Returns a function that finds the next step of a conversation; it remembers which `once` steps have been used. */
export function createScripts(): (conversation: Conversation) => Step {
  const given = new Set<string>();
  return ({ prompt, turn, has_tools }) => {
    const script = scriptIn(prompt);
    if (script === undefined) return { text: "Nothing was scripted." };
    // A refusal is not a turn of the model, so used ones are dropped.
    const steps = script.filter((step, i) => !given.has(keyOf(script, i)) || !("once" in step));
    const step = steps[Math.min(turn, steps.length - 1)] ?? { text: "" };
    // Side requests, such as one for a session title, come without tools.
    if ("tool" in step && !has_tools) return { text: "A title" };
    if ("once" in step && step.once === true) given.add(keyOf(script, script.indexOf(step)));
    return step;
  };
}

const keyOf = (script: readonly Step[], i: number): string => `${i} ${JSON.stringify(script)}`;
