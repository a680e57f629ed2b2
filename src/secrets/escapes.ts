/** Escapes of JSON behind which a part of a secret may hide: any character, and the slash as some write it. */
const hiding = /\\(?:\/|u([0-9A-Fa-f]{4}))/g;

/** A text with its hiding escapes resolved, and the way back. */
export interface Unescaped {
  text: string;
  /** Where what stands before this offset of `text` ends in the original, escapes whole. */
  offsetOf(offset: number): number;
}

/** Resolves escapes that could hide a secret; undefined where there is none. */
export function unescapeText(escaped: string): Unescaped | undefined {
  if (escaped.search(hiding) === -1) return undefined;
  /** Where in the new text each escape's character ends, and how much longer the original is up to there. */
  const ends: number[] = [];
  const shifts: number[] = [];
  let text = "";
  let done = 0;
  for (const match of escaped.matchAll(hiding)) {
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
      // How many escapes end at or before the offset.
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
