import { markKinds, type Parted, pieceEnd } from "./token-pieces.ts";
import { rankOf, readTable, type TokenTable } from "./token-table.ts";

/** Counts o200k tokens, exactly. */
export interface TokenCounter {
  count(text: string): number;
  /** The longest start of `text`, in UTF-16 units, that has at most `most` tokens and ends between two words. */
  fit(text: string, most: number): number;
  /** Gives its memory back until it is asked again. */
  release(): void;
}

/** A word up to this length is remembered with its count. */
const max_remembered = 40;

/** Words that are remembered at the same time. */
const max_words = 20_000;

/** Texts up to this length, in UTF-16 units, share their memory. */
const short_text = 16 * 1024;

/** Makes a counter; the vocabulary is read when it is first used. */
export function createTokenCounter(): TokenCounter {
  let table: TokenTable | undefined;
  const encoder = new TextEncoder();
  let bytes = Buffer.alloc(0);
  let kinds = new Uint8Array(0);
  /** The counts of words that are no token, which come again and again. */
  let known = new Map<string, number>();

  function partText(text: string): Parted {
    let length: number;
    if (text.length <= short_text) {
      if (bytes.length !== short_text * 3) bytes = Buffer.allocUnsafeSlow(short_text * 3);
      length = encoder.encodeInto(text, bytes).written;
    } else {
      bytes = Buffer.from(text);
      length = bytes.length;
    }
    if (kinds.length < length) kinds = new Uint8Array(Math.max(length, short_text * 3));
    const parted = { bytes, kinds, length };
    markKinds(parted);
    return parted;
  }

  function countPiece(from: number, to: number): number {
    table ??= readTable();
    if (to - from === 1 || rankOf(table, bytes, from, to) !== -1) return 1;
    if (to - from > max_remembered) return mergeCount(table, bytes, from, to);
    const word = bytes.toString("latin1", from, to);
    let tokens = known.get(word);
    if (tokens === undefined) {
      tokens = mergeCount(table, bytes, from, to);
      if (known.size >= max_words) known.clear();
      known.set(word, tokens);
    }
    return tokens;
  }

  /** The longest start of a text that fits, in bytes. */
  function fitBytes(parted: Parted, most: number): number {
    let tokens = 0;
    for (let at = 0; at < parted.length; ) {
      const end = pieceEnd(parted, at);
      tokens += countPiece(at, end);
      if (tokens > most) return at;
      at = end;
    }
    return parted.length;
  }

  return {
    count(text) {
      const parted = partText(text);
      let tokens = 0;
      for (let at = 0; at < parted.length; ) {
        const end = pieceEnd(parted, at);
        tokens += countPiece(at, end);
        at = end;
      }
      return tokens;
    },
    fit(text, most) {
      // Of a long text the beginning is enough; what stands at its end must not be what was cut there.
      for (let some = most * 8 + 256; ; some *= 4) {
        const start = text.slice(0, some);
        const parted = partText(start);
        const end = fitBytes(parted, most);
        if (end > parted.length / 2 && start.length < text.length) continue;
        return end === parted.length ? start.length : bytes.toString("utf8", 0, end).length;
      }
    },
    release() {
      table = undefined;
      bytes = Buffer.alloc(0);
      kinds = new Uint8Array(0);
      known = new Map();
    },
  };
}

/** Pieces up to this length are merged by looking at every pair each time, which is faster than a heap there. */
const short_piece = 64;

/** Merges the pair of lowest rank, the first of equals, until no pair is a token; the answer is what is left. */
function mergeCount(table: TokenTable, bytes: Uint8Array, start: number, end: number): number {
  if (end - start > short_piece) return mergeLong(table, bytes.subarray(start, end), end - start);
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

/** The same with linked parts and a heap of pairs: a minified file may hold a word of a million letters. */
function mergeLong(table: TokenTable, bytes: Uint8Array, length: number): number {
  const next = new Int32Array(length + 1);
  const previous = new Int32Array(length + 1);
  const rank_at = new Int32Array(length + 1).fill(-1);
  const heap: number[] = [];
  for (let i = 0; i <= length; i++) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  const consider = (start: number): void => {
    const middle = next[start] as number;
    const rank = middle >= length ? -1 : rankOf(table, bytes, start, next[middle] as number);
    rank_at[start] = rank;
    // Rank first, then position; both fit into the 53 bits of a number.
    if (rank !== -1) push(heap, rank * 2 ** 32 + start);
  };
  for (let i = 0; i + 1 < length; i++) consider(i);
  let parts = length;
  for (let top = pop(heap); top !== undefined; top = pop(heap)) {
    const start = top % 2 ** 32;
    if (rank_at[start] !== Math.floor(top / 2 ** 32)) continue;
    const gone = next[start] as number;
    const after = next[gone] as number;
    next[start] = after;
    previous[after] = start;
    rank_at[gone] = -1;
    parts--;
    consider(start);
    if ((previous[start] as number) >= 0) consider(previous[start] as number);
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
