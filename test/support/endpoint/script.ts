/** What a scripted model does, turn by turn; a prompt carries its own script, so that many conversations can share one endpoint. */
export type Step = { text: string } | { tool: string; input: unknown } | Refusal;

/** Fails with this HTTP status; `headers` such as retry-after go with it. */
export interface Refusal {
  status: number;
  message?: string;
  headers?: Record<string, string>;
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

/** What the model does next: the script's step for this turn, its last once it is over. */
export function nextStep({ prompt, turn, has_tools }: Conversation): Step {
  const script = scriptIn(prompt);
  if (script === undefined) return { text: "Nothing was scripted." };
  const step = script[Math.min(turn, script.length - 1)] ?? { text: "" };
  // Side questions (a title for the session) come without tools.
  return "tool" in step && !has_tools ? { text: "A title" } : step;
}
