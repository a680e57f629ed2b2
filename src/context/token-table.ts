import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The o200k vocabulary as one block of bytes that is used as read. It takes 2 ms and 3 MB to load; the library that it comes
 * from takes 200 ms and 70 MB, and each megabyte that dispatch holds slows down the start of children.
 */
export interface TokenTable {
  /** Number of tokens. */
  size: number;
  /** Offset of each token in `bytes`, by rank, and the end of the last one. */
  starts: Uint32Array;
  /** A hash table with open addressing; its length is a power of two. A slot is 0, or part of the hash above rank + 1. */
  slots: Uint32Array;
  bytes: Uint8Array;
}

/** Bits of rank + 1 in a slot. The rest is part of the hash, which rules out nearly all other tokens without comparing bytes. */
const rank_bits = 18;
const rank_mask = 2 ** rank_bits - 1;

/** File name of the block in dist/. */
export const table_file = "o200k.bin";

/** Hashes `bytes` from `start` to `end` (FNV-1a). */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Returns the rank of `text[start..end]`, or -1 if it is not a token. */
export function rankOf(table: TokenTable, text: Uint8Array, start: number, end: number): number {
  const { slots, starts, bytes } = table;
  const mask = slots.length - 1;
  const length = end - start;
  const hash = hashBytes(text, start, end);
  for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
    const found = slots[slot] as number;
    if (found === 0) return -1;
    if (found >>> rank_bits !== hash >>> rank_bits) continue;
    const rank = (found & rank_mask) - 1;
    const from = starts[rank] as number;
    if ((starts[rank + 1] as number) - from !== length) continue;
    let i = 0;
    while (i < length && bytes[from + i] === text[start + i]) i++;
    if (i === length) return rank;
  }
}

/** Packs tokens, ordered by rank, into the block that the build writes. */
export function packTable(tokens: readonly Uint8Array[]): Uint8Array {
  if (tokens.length > rank_mask - 1)
    throw new Error(`${tokens.length} tokens are too many: a slot has ${rank_bits} bits for the rank.`);
  const slot_count = 2 ** Math.ceil(Math.log2(tokens.length * 1.3));
  const starts = new Uint32Array(tokens.length + 1);
  tokens.forEach((token, rank) => {
    starts[rank + 1] = (starts[rank] as number) + token.length;
  });
  const slots = new Uint32Array(slot_count);
  tokens.forEach((token, rank) => {
    const hash = hashBytes(token, 0, token.length);
    let slot = hash & (slot_count - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (slot_count - 1);
    slots[slot] = ((hash >>> rank_bits) << rank_bits) | (rank + 1);
  });
  const head = Uint32Array.of(tokens.length, slot_count);
  return Buffer.concat([asBytes(head), asBytes(starts), asBytes(slots), ...tokens]);
}

const asBytes = (words: Uint32Array): Uint8Array => new Uint8Array(words.buffer, words.byteOffset, words.byteLength);

/** Reads the block that the build wrote. */
export function readTable(folder: string = import.meta.dirname): TokenTable {
  const block = readFileSync(packageFile(folder));
  // Node reads a small file into a shared buffer, at an offset that may not be aligned to 4 bytes.
  const { buffer, byteOffset } = block.byteOffset % 4 === 0 ? block : new Uint8Array(block);
  const [size = 0, slot_count = 0] = new Uint32Array(buffer, byteOffset, 2);
  const starts = new Uint32Array(buffer, byteOffset + 8, size + 1);
  const slots = new Uint32Array(buffer, byteOffset + 8 + starts.byteLength, slot_count);
  const begin = byteOffset + 8 + starts.byteLength + slots.byteLength;
  return { size, starts, slots, bytes: new Uint8Array(buffer, begin, starts[size]) };
}

/** Returns the path of the block. The command, the library and the source are at different depths of the package. */
function packageFile(folder: string): string {
  for (const up of ["..", ".", join("..", "..")]) {
    for (const inside of ["", "dist"]) {
      const path = join(folder, up, inside, table_file);
      if (existsSync(path)) return path;
    }
  }
  throw new Error(`${table_file} is missing from the package`);
}
