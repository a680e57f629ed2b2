import { rankOf, readTable, type TokenTable } from "./token-table.ts";

/** Counts o200k tokens, exactly. */
export interface TokenCounter {
  count(text: string): number;
  /** The longest start of `text`, in UTF-16 units, that has at most `most` tokens and ends between two words. */
  fit(text: string, most: number): number;
  /** Gives its memory back until it is asked again. */
  release(): void;
}

const upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const suffix = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?";

/**
 * How o200k parts a text before it looks for tokens; the pattern is OpenAI's (tiktoken, MIT). Its `\s` is Unicode's: the one
 * of JavaScript takes U+FEFF for a space, and U+0085 for none.
 */
const split_pattern = [
  String.raw`[^\r\n\p{L}\p{N}]?${upper}*${lower}+${suffix}`,
  String.raw`[^\r\n\p{L}\p{N}]?${upper}+${lower}*${suffix}`,
  String.raw`\p{N}{1,3}`,
  String.raw` ?[^\p{White_Space}\p{L}\p{N}]+[\r\n/]*`,
  String.raw`\p{White_Space}*[\r\n]+`,
  String.raw`\p{White_Space}+(?!\P{White_Space})`,
  String.raw`\p{White_Space}+`,
].join("|");

/** Makes a counter; the vocabulary is read when it is first used. */
export function createTokenCounter(): TokenCounter {
  let table: TokenTable | undefined;
  const splitter = new RegExp(split_pattern, "gu");
  const encoder = new TextEncoder();
  let bytes = new Uint8Array(1024);

  function countPiece(piece: string): number {
    table ??= readTable();
    if (bytes.length < piece.length * 3) bytes = new Uint8Array(piece.length * 3);
    const length = encode(piece);
    if (length === 1 || rankOf(table, bytes, 0, length) !== -1) return 1;
    return mergeCount(table, bytes, length);
  }

  /** ASCII by hand: for the few characters of a word that is faster than asking the encoder. */
  function encode(piece: string): number {
    for (let i = 0; i < piece.length; i++) {
      const code = piece.charCodeAt(i);
      if (code > 127) return encoder.encodeInto(piece, bytes).written;
      bytes[i] = code;
    }
    return piece.length;
  }

  return {
    count(text) {
      let tokens = 0;
      splitter.lastIndex = 0;
      for (let match = splitter.exec(text); match !== null; match = splitter.exec(text)) tokens += countPiece(match[0]);
      return tokens;
    },
    fit(text, most) {
      let tokens = 0;
      let end = 0;
      splitter.lastIndex = 0;
      for (let match = splitter.exec(text); match !== null; match = splitter.exec(text)) {
        tokens += countPiece(match[0]);
        if (tokens > most) return end;
        end = splitter.lastIndex;
      }
      return text.length;
    },
    release() {
      table = undefined;
      bytes = new Uint8Array(1024);
    },
  };
}

/** Pieces up to this length are merged by looking at every pair each time, which is faster than a heap there. */
const short_piece = 64;

/** Merges the pair of lowest rank, the first of equals, until no pair is a token; the answer is what is left. */
function mergeCount(table: TokenTable, bytes: Uint8Array, length: number): number {
  if (length > short_piece) return mergeLong(table, bytes, length);
  const ends: number[] = [];
  const ranks: number[] = [];
  for (let i = 0; i < length; i++) {
    ends.push(i + 1);
    ranks.push(i + 2 <= length ? rankOf(table, bytes, i, i + 2) : -1);
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
    const from = (i: number): number => (i === 0 ? 0 : (ends[i - 1] as number));
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
