import type { AgentEvent } from "#agents";

/** A message that comes in pieces. */
export interface MessageStream {
  /** How often the model has spoken. */
  turns: number;
  /** Its last message to the user, as far as it has come. */
  text: string | undefined;
  /** What it says next goes on with that message. */
  is_speaking: boolean;
  /** What of it has not been told yet. */
  unsaid: string;
}

/** Longest that a key may be which is held back until its end; characters. */
const max_key = 16 * 1024;

/**
 * Takes a piece of a message. Told are whole lines: events are looked at for secrets one by one, and half a secret is not
 * known for one. A private key, which has many lines, is told when all of it is there.
 */
export function appendPiece(speech: MessageStream, piece: string): AgentEvent[] {
  if (!speech.is_speaking) {
    speech.turns++;
    speech.text = "";
  }
  speech.is_speaking = true;
  speech.text += piece;
  speech.unsaid += piece;
  if (!piece.includes("\n")) return [];
  const { unsaid } = speech;
  const key = unsaid.lastIndexOf("-----BEGIN ");
  const is_open = key !== -1 && unsaid.length - key < max_key && !unsaid.includes("-----END ", key);
  return emit(speech, is_open ? key : unsaid.lastIndexOf("\n") + 1);
}

/** Something else than a piece has come: the message is over. */
export function endMessage(speech: MessageStream): AgentEvent[] {
  speech.is_speaking = false;
  return emit(speech, speech.unsaid.length);
}

/** A tool is called: what was said before it was not the last word. */
export function interrupt(speech: MessageStream): AgentEvent[] {
  const told = endMessage(speech);
  speech.text = undefined;
  return told;
}

function emit(speech: MessageStream, length: number): AgentEvent[] {
  if (length === 0) return [];
  const text = speech.unsaid.slice(0, length);
  speech.unsaid = speech.unsaid.slice(length);
  return [{ type: "agent.message", text }];
}
