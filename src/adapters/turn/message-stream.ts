import type { AgentEvent } from "#agents";

/** A model's messages, which arrive in chunks. */
export interface MessageStream {
  /** How many messages the model has sent. */
  model_turns: number;
  /** Its last message to the user, as received so far. */
  text: string | undefined;
  /** Whether the next chunk continues that message. */
  is_open: boolean;
  /** The part of it that has not been emitted yet. */
  unsent: string;
}

/** Longest private key that is held back until its end has arrived; characters. */
const max_key_chars = 16 * 1024;

/**
 * Adds a chunk to the message and returns events for whole lines only: dispatch masks secrets event by event, and half a
 * secret is not recognised. A private key spans many lines, so it is held back until its end has arrived.
 */
export function appendChunk(stream: MessageStream, chunk: string): AgentEvent[] {
  if (!stream.is_open) {
    stream.model_turns++;
    stream.text = "";
  }
  stream.is_open = true;
  stream.text += chunk;
  stream.unsent += chunk;
  if (!chunk.includes("\n")) return [];
  const { unsent } = stream;
  const key_start = unsent.lastIndexOf("-----BEGIN ");
  const is_unfinished_key =
    key_start !== -1 && unsent.length - key_start < max_key_chars && !unsent.includes("-----END ", key_start);
  return emit(stream, is_unfinished_key ? key_start : unsent.lastIndexOf("\n") + 1);
}

/** Ends the message, because something other than a chunk has arrived. */
export function endMessage(stream: MessageStream): AgentEvent[] {
  stream.is_open = false;
  return emit(stream, stream.unsent.length);
}

/** Ends the message because of a tool call; text before a tool call is not the final message. */
export function interruptMessage(stream: MessageStream): AgentEvent[] {
  const events = endMessage(stream);
  stream.text = undefined;
  return events;
}

function emit(stream: MessageStream, length: number): AgentEvent[] {
  if (length === 0) return [];
  const text = stream.unsent.slice(0, length);
  stream.unsent = stream.unsent.slice(length);
  return [{ type: "agent.message", text }];
}
