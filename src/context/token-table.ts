import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The o200k vocabulary as one block of bytes that is read and used as it is. The library that it comes from takes 200 ms
 * and 70 MB to load, and memory that dispatch holds makes the start of each child slower; this takes 2 ms and 3 MB.
 */
export interface TokenTable {
  /** How many tokens there are. */
  size: number;
  /** Where each token's bytes begin in `bytes`, by rank; one more than there are tokens. */
  starts: Uint32Array;
  /** Ranks + 1 below a part of the hash, 0 where nothing is: open addressing, a power of two. */
  slots: Uint32Array;
  bytes: Uint8Array;
}

/** Bits of a rank + 1. What is left of a slot tells nearly all other tokens apart without a look at them. */
const rank_bits = 18;
const rank_mask = 2 ** rank_bits - 1;

/** The name of the block in dist/. */
export const table_file = "o200k.bin";

/** The hash of `bytes` from `start` to `end` (FNV-1a). */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** The rank of `text[start..end]`, or -1 where that is no token. */
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

/** Makes the block from tokens in the order of their ranks; the build writes it. */
export function packTable(tokens: readonly Uint8Array[]): Uint8Array {
  if (tokens.length > rank_mask - 1) throw new Error(`${tokens.length} tokens are more than a slot can number`);
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

/** Reads the block that the build has written. */
export function readTable(folder: string = import.meta.dirname): TokenTable {
  const block = readFileSync(packageFile(folder));
  // A small file may stand at an odd place of a shared buffer, where words cannot be.
  const { buffer, byteOffset } = block.byteOffset % 4 === 0 ? block : new Uint8Array(block);
  const [size = 0, slot_count = 0] = new Uint32Array(buffer, byteOffset, 2);
  const starts = new Uint32Array(buffer, byteOffset + 8, size + 1);
  const slots = new Uint32Array(buffer, byteOffset + 8 + starts.byteLength, slot_count);
  const begin = byteOffset + 8 + starts.byteLength + slots.byteLength;
  return { size, starts, slots, bytes: new Uint8Array(buffer, begin, starts[size]) };
}

/** The command, the library and the source stand at different depths of the package. */
function packageFile(folder: string): string {
  for (const up of ["..", ".", join("..", "..")]) {
    for (const inside of ["", "dist"]) {
      const path = join(folder, up, inside, table_file);
      if (existsSync(path)) return path;
    }
  }
  throw new Error(`${table_file} is missing from the package`);
}
