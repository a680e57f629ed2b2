import type { FileStamp, Workspace } from "#workspace";

/** Kinds of context. Each has its own source; `auto` picks among files. */
export type ItemType = "file" | "structure" | "pattern" | "rag";

/** A piece of context as found by its source. */
export interface FoundItem {
  key: string;
  type: ItemType;
  content: string | Readonly<Record<string, unknown>>;
  metadata: Readonly<Record<string, unknown>>;
  stamp?: FileStamp;
  /** Returns a form that takes about `max_tokens` at most, or undefined if there is none. */
  reduce?(max_tokens: number): Promise<Reduced | undefined>;
}

/** A smaller form of an item. */
export interface Reduced {
  content: FoundItem["content"];
  metadata: Readonly<Record<string, unknown>>;
  /** Tokens of `content`, if they have been counted. */
  tokens?: number;
}

/** A piece of context with its size, secrets masked. */
export interface Item extends FoundItem {
  /** The key before masking: two keys that differ only in a secret are equal afterwards. */
  found_key: string;
  /** `content`, or its JSON. This is what is counted, cut and stored. */
  text: string;
  tokens: number;
  /** Tokens of the key, the type and the metadata. */
  about_tokens: number;
  /** Hash of `text`. */
  hash: string;
}

/** A source's result for one key: its items with an optional note for the user, or the reason why there are none. */
export type Finding = { key: string; items: FoundItem[]; note?: string } | { key: string; missing: string };

/** Finds one kind of context. */
export interface Source {
  /** Returns one finding per key, in the order of the keys. Rejects only with the signal's reason. */
  gather(keys: readonly string[], workspace: Workspace, signal: AbortSignal): Promise<Finding[]>;
}
