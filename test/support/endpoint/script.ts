/** What a scripted model does, turn by turn; a prompt carries its own script, so that many conversations can share one endpoint. */
export type Step = AnswerStep | Refusal | Hang;

/** The model says or calls something. */
export type AnswerStep = { text: string } | { tool: string; input: unknown };

/** Never answers. */
export interface Hang {
  hangs: true;
  /** As of a refusal. */
  once?: boolean;
}

/** Fails with this HTTP status; `headers` such as retry-after go with it. */
export interface Refusal {
  status: number;
  message?: string;
  headers?: Record<string, string>;
  /** Only the first time that this script comes to it; then the script goes on with its next step. */
  once?: boolean;
}

/** A conversation as every wire format has it. */
export interface Conversation {
  /** Everything that the user and the system said, in order. */
  prompt: string;
  /** How often the model has spoken since the last script was given. */
  turn: number;
  has_tools: boolean;
}

/** Puts a script into a prompt. */
export const scripted = (steps: readonly Step[]): string =>
  `SCRIPT[[${Buffer.from(JSON.stringify(steps)).toString("base64")}]]`;

const pattern = /SCRIPT\[\[([A-Za-z0-9+/=]+)\]\]/g;

/** The last script in a text, if there is one. */
export function scriptIn(text: string): readonly Step[] | undefined {
  const found = [...text.matchAll(pattern)].at(-1)?.[1];
  // Only `scripted` writes these.
  return found === undefined ? undefined : (JSON.parse(Buffer.from(found, "base64").toString()) as Step[]);
}

/** Gives the steps of scripts; remembers which refusals have been given. */
export function createScripts(): (conversation: Conversation) => Step {
  const given = new Set<string>();
  return ({ prompt, turn, has_tools }) => {
    const script = scriptIn(prompt);
    if (script === undefined) return { text: "Nothing was scripted." };
    // Refusals are no turns of the model: those that are over no longer count.
    const steps = script.filter((step, i) => !given.has(keyOf(script, i)) || !("once" in step));
    const step = steps[Math.min(turn, steps.length - 1)] ?? { text: "" };
    // Side questions (a title for the session) come without tools.
    if ("tool" in step && !has_tools) return { text: "A title" };
    if ("once" in step && step.once === true) given.add(keyOf(script, script.indexOf(step)));
    return step;
  };
}

const keyOf = (script: readonly Step[], i: number): string => `${i} ${JSON.stringify(script)}`;
