import { type ClassifiedText, markKinds, pieceEnd } from "./token-pieces.ts";
import { rankOf, readTable, type TokenTable } from "./token-table.ts";

/** Counts o200k tokens exactly. */
export interface TokenCounter {
  count(text: string): number;
  /** Returns the length, in UTF-16 units, of the longest prefix that has at most `max_tokens` and ends between words. */
  fit(text: string, max_tokens: number): number;
  /** Frees its memory until the next use. */
  release(): void;
}

/** Maximum length in bytes of a word whose count is cached. */
const max_cached_bytes = 40;

/** Maximum number of cached words. */
const max_cached_words = 20_000;

/** Texts up to this length, in UTF-16 units, share one buffer. */
const max_shared_length = 16 * 1024;

/** Creates a counter; the vocabulary is read on first use. */
export function createTokenCounter(): TokenCounter {
  let table: TokenTable | undefined;
  const encoder = new TextEncoder();
  let bytes = Buffer.alloc(0);
  let kinds = new Uint8Array(0);
  /** Counts of words that are not a single token; the same words keep recurring. */
  let word_counts = new Map<string, number>();

  function classify(text: string): ClassifiedText {
    let length: number;
    if (text.length <= max_shared_length) {
      if (bytes.length !== max_shared_length * 3) bytes = Buffer.allocUnsafeSlow(max_shared_length * 3);
      length = encoder.encodeInto(text, bytes).written;
    } else {
      bytes = Buffer.from(text);
      length = bytes.length;
    }
    if (kinds.length < length) kinds = new Uint8Array(Math.max(length, max_shared_length * 3));
    const classified = { bytes, kinds, length };
    markKinds(classified);
    return classified;
  }

  function countPiece(from: number, to: number): number {
    table ??= readTable();
    if (to - from === 1 || rankOf(table, bytes, from, to) !== -1) return 1;
    if (to - from > max_cached_bytes) return mergeCount(table, bytes, from, to);
    const word = bytes.toString("latin1", from, to);
    let tokens = word_counts.get(word);
    if (tokens === undefined) {
      tokens = mergeCount(table, bytes, from, to);
      if (word_counts.size >= max_cached_words) word_counts.clear();
      word_counts.set(word, tokens);
    }
    return tokens;
  }

  /** Returns the length in bytes of the longest prefix that fits. */
  function fitBytes(text: ClassifiedText, max_tokens: number): number {
    let tokens = 0;
    for (let at = 0; at < text.length; ) {
      const end = pieceEnd(text, at);
      tokens += countPiece(at, end);
      if (tokens > max_tokens) return at;
      at = end;
    }
    return text.length;
  }

  return {
    count(text) {
      const classified = classify(text);
      let tokens = 0;
      for (let at = 0; at < classified.length; ) {
        const end = pieceEnd(classified, at);
        tokens += countPiece(at, end);
        at = end;
      }
      return tokens;
    },
    fit(text, max_tokens) {
      // The beginning of a long text is enough, as long as the result ends well before the slice does.
      for (let length = max_tokens * 8 + 256; ; length *= 4) {
        const start = text.slice(0, length);
        const classified = classify(start);
        const end = fitBytes(classified, max_tokens);
        if (end > classified.length / 2 && start.length < text.length) continue;
        return end === classified.length ? start.length : bytes.toString("utf8", 0, end).length;
      }
    },
    release() {
      table = undefined;
      bytes = Buffer.alloc(0);
      kinds = new Uint8Array(0);
      word_counts = new Map();
    },
  };
}

/** Maximum length in bytes of pieces that are merged by scanning all pairs, which is faster than a heap for short pieces. */
const max_scanned_bytes = 64;

/** Merges the pair of lowest rank, the first among equals, until no pair is a token. Returns the number of parts left. */
function mergeCount(table: TokenTable, bytes: Uint8Array, start: number, end: number): number {
  if (end - start > max_scanned_bytes) return mergeLong(table, bytes.subarray(start, end), end - start);
  const ends: number[] = [];
  const ranks: number[] = [];
  for (let i = start; i < end; i++) {
    ends.push(i + 1);
    ranks.push(i + 2 <= end ? rankOf(table, bytes, i, i + 2) : -1);
  }
  for (;;) {
    let best = -1;
    for (let i = 0; i < ranks.length; i++) {
      const rank = ranks[i] as number;
      if (rank !== -1 && (best === -1 || rank < (ranks[best] as number))) best = i;
    }
    if (best === -1) return ends.length;
    ends.splice(best, 1);
    ranks.splice(best + 1, 1);
    const from = (i: number): number => (i === 0 ? start : (ends[i - 1] as number));
    ranks[best] = best + 1 < ends.length ? rankOf(table, bytes, from(best), ends[best + 1] as number) : -1;
    if (best > 0) ranks[best - 1] = rankOf(table, bytes, from(best - 1), ends[best] as number);
  }
}

/** Like `mergeCount`, with linked parts and a heap of pairs: a minified file may contain a word of a million letters. */
function mergeLong(table: TokenTable, bytes: Uint8Array, length: number): number {
  const next = new Int32Array(length + 1);
  const previous = new Int32Array(length + 1);
  const rank_at = new Int32Array(length + 1).fill(-1);
  const heap: number[] = [];
  for (let i = 0; i <= length; i++) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  const pushPair = (start: number): void => {
    const middle = next[start] as number;
    const rank = middle >= length ? -1 : rankOf(table, bytes, start, next[middle] as number);
    rank_at[start] = rank;
    // Ordered by rank, then by position; both fit into the 53 bits of a number.
    if (rank !== -1) push(heap, rank * 2 ** 32 + start);
  };
  for (let i = 0; i + 1 < length; i++) pushPair(i);
  let parts = length;
  for (let top = pop(heap); top !== undefined; top = pop(heap)) {
    const start = top % 2 ** 32;
    if (rank_at[start] !== Math.floor(top / 2 ** 32)) continue;
    const merged = next[start] as number;
    const after = next[merged] as number;
    next[start] = after;
    previous[after] = start;
    rank_at[merged] = -1;
    parts--;
    pushPair(start);
    if ((previous[start] as number) >= 0) pushPair(previous[start] as number);
  }
  return parts;
}

function push(heap: number[], value: number): void {
  let at = heap.push(value) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if ((heap[parent] as number) <= value) break;
    heap[at] = heap[parent] as number;
    at = parent;
  }
  heap[at] = value;
}

function pop(heap: number[]): number | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (heap.length === 0 || last === undefined) return top;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
    if ((heap[child] as number) >= last) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = last;
  return top;
}
