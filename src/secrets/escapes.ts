/** JSON escapes that can hide part of a secret: `\u` escapes of any character, and the escaped slash. */
const hiding_escape = /\\(?:\/|u([0-9A-Fa-f]{4}))/g;

/** A text with these escapes decoded, and a mapping back to the original. */
export interface Unescaped {
  text: string;
  /** Maps an offset in `text` to the original: the end of what precedes it, never inside an escape. */
  offsetOf(offset: number): number;
}

/** Decodes escapes that could hide a secret. Returns undefined for a text without any. */
export function unescapeText(escaped: string): Unescaped | undefined {
  if (escaped.search(hiding_escape) === -1) return undefined;
  // For each escape: the end of its character in the new text, and how much longer the original is up to that point.
  const ends: number[] = [];
  const shifts: number[] = [];
  let text = "";
  let done = 0;
  for (const match of escaped.matchAll(hiding_escape)) {
    const [written, code] = match;
    text += escaped.slice(done, match.index) + (code === undefined ? "/" : String.fromCharCode(Number.parseInt(code, 16)));
    done = match.index + written.length;
    ends.push(text.length);
    shifts.push(done - text.length);
  }
  text += escaped.slice(done);
  return {
    text,
    offsetOf(offset) {
      // Binary search for the number of escapes that end at or before the offset.
      let low = 0;
      let high = ends.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((ends[middle] ?? 0) <= offset) low = middle + 1;
        else high = middle;
      }
      return offset + (low === 0 ? 0 : (shifts[low - 1] ?? 0));
    },
  };
}
