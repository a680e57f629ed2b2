import type { FileStamp } from "./read.ts";
import type { Workspace } from "./workspace.ts";

/** What kinds of context there are; each but `auto`, which picks among files, has a source of its own. */
export type ItemType = "file" | "structure" | "pattern" | "rag";

/** A piece of context as its source found it. */
export interface FoundItem {
  key: string;
  type: ItemType;
  content: string | Readonly<Record<string, unknown>>;
  metadata: Readonly<Record<string, unknown>>;
  stamp?: FileStamp;
  /** Says the same in at most about so many tokens; undefined where it cannot. */
  reduce?(max_tokens: number): Promise<Reduced | undefined>;
}

/** A smaller form of an item. */
export interface Reduced {
  content: FoundItem["content"];
  metadata: Readonly<Record<string, unknown>>;
  /** Of `content`, where that was counted already. */
  tokens?: number;
}

/** A piece of context with its size. */
export interface Item extends FoundItem {
  /** The key as it was found: two that differ only in a secret read alike. */
  found_key: string;
  /** `content`, or its JSON: what is counted, cut and stored. */
  text: string;
  tokens: number;
  /** Of what stands around it: key, type and metadata. */
  about_tokens: number;
  /** Of `text`: the same content has the same one. */
  hash: string;
}

/** What a source says of one key: its items, and what the user should know of them; or why there are none. */
export type Finding = { key: string; items: FoundItem[]; note?: string } | { key: string; missing: string };

/** Where one kind of context comes from. */
export interface Source {
  /** Answers for every key, in their order. Rejects only with the signal's reason. */
  gather(keys: readonly string[], workspace: Workspace, signal: AbortSignal): Promise<Finding[]>;
}
