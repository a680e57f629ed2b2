/**
 * Splits a text into pieces as o200k does before it looks for tokens. Works on bytes, because OpenAI's pattern (tiktoken,
 * MIT) takes 10 ms before its first match, most of what a short-lived process spends on counting. A test compares the two.
 *
 *     [^\r\n\p{L}\p{N}]?U*L+S|[^\r\n\p{L}\p{N}]?U+L*S|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+
 *     U = [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]  L = [\p{Ll}\p{Lm}\p{Lo}\p{M}]  S = ('s|'t|'re|'ve|'m|'ll|'d)? in any case
 */

/** A text as bytes, with the kind of each byte's character. */
export interface ClassifiedText {
  bytes: Uint8Array;
  kinds: Uint8Array;
  length: number;
}

const other = 0;
const upper = 1;
const lower = 2;
/** A letter without case. */
const letter = 3;
const mark = 4;
const number = 5;
const space = 6;
const line_break = 7;
/** A flag: not the first byte of its character. */
const inside = 8;

const apostrophe = 39;
const slash = 47;

const ascii = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code === 10 || code === 13) return line_break;
  if (code === 32 || (code >= 9 && code <= 12)) return space;
  if (code >= 48 && code <= 57) return number;
  if (code >= 65 && code <= 90) return upper;
  return code >= 97 && code <= 122 ? lower : other;
});

/** Kinds + 1 of the other characters below U+10000, filled on demand. */
const non_ascii = new Uint8Array(0x10000);

function kindOf(code: number): number {
  const known = code < 0x10000 ? (non_ascii[code] as number) : 0;
  if (known !== 0) return known - 1;
  const kind = classify(String.fromCodePoint(code));
  if (code < 0x10000) non_ascii[code] = kind + 1;
  return kind;
}

/** Uses Unicode's definition of white space: JavaScript's `\s` includes U+FEFF and excludes U+0085. */
function classify(character: string): number {
  if (/\p{L}/u.test(character)) return /[\p{Lu}\p{Lt}]/u.test(character) ? upper : /\p{Ll}/u.test(character) ? lower : letter;
  if (/\p{M}/u.test(character)) return mark;
  if (/\p{N}/u.test(character)) return number;
  return /\p{White_Space}/u.test(character) ? space : other;
}

/** Fills `kinds` for the bytes of a text. */
export function markKinds({ bytes, kinds, length }: ClassifiedText): void {
  for (let i = 0; i < length; i++) {
    const byte = bytes[i] as number;
    if (byte < 128) {
      kinds[i] = ascii[byte] as number;
      continue;
    }
    const more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    let code = byte & (0x3f >> more);
    for (let j = 1; j <= more; j++) code = (code << 6) | ((bytes[i + j] as number) & 0x3f);
    const kind = kindOf(code);
    kinds[i] = kind;
    for (let j = 1; j <= more; j++) kinds[i + j] = kind | inside;
    i += more;
  }
}

/** Returns the end of the piece that begins at `at`. */
export function pieceEnd(text: ClassifiedText, at: number): number {
  const { bytes, kinds, length } = text;
  const kind = kinds[at] as number;
  if (kind === number) {
    let end = at;
    for (let i = 0; i < 3 && kinds[end] === number && end < length; i++) end = nextCharacter(text, end);
    return end;
  }
  if (kind !== line_break) {
    const end = wordEnd(text, kind >= upper && kind <= letter ? at : nextCharacter(text, at), kind === mark);
    if (end !== -1) return suffixEnd(text, end);
  }
  const end = punctuationEnd(text, bytes[at] === 32 ? at + 1 : at);
  return end === -1 ? spaceEnd(text, at) : end;
}

function nextCharacter({ kinds, length }: ClassifiedText, at: number): number {
  let next = at + 1;
  while (next < length && (kinds[next] as number) >= inside) next++;
  return next;
}

/**
 * Returns the end of a word: capitals followed by small letters, else capitals alone. Returns -1 if there is no word. A mark
 * before it can be a word by itself.
 */
function wordEnd(text: ClassifiedText, from: number, follows_mark: boolean): number {
  const { kinds, length } = text;
  let end = from;
  /** The last character without case, which can be the small letter that ends the word. */
  let last_caseless = -1;
  for (; end < length; end++) {
    const kind = kinds[end] as number;
    const plain = kind & ~inside;
    if (plain === letter || plain === mark) {
      if (kind === plain) last_caseless = end;
    } else if (plain !== upper) break;
  }
  if (end < length && kinds[end] === lower) {
    while (end < length && canBeLower((kinds[end] as number) & ~inside)) end++;
    return end;
  }
  if (last_caseless !== -1) return nextCharacter(text, last_caseless);
  if (follows_mark) return from;
  return end > from ? end : -1;
}

const canBeLower = (kind: number): boolean => kind === lower || kind === letter || kind === mark;

/** Returns the end of a word with a suffix such as `'s` or `'ll`. */
function suffixEnd({ bytes, length }: ClassifiedText, end: number): number {
  if (bytes[end] !== apostrophe || end + 1 >= length) return end;
  // Sets the lower-case bit, which turns no other character into one of these letters.
  const first = (bytes[end + 1] as number) | 32;
  if (first === 0x73 || first === 0x74 || first === 0x6d || first === 0x64) return end + 2;
  if (end + 2 >= length) return end;
  const second = (bytes[end + 2] as number) | 32;
  if ((first === 0x72 || first === 0x76) && second === 0x65) return end + 3;
  return first === 0x6c && second === 0x6c ? end + 3 : end;
}

/** Returns the end of punctuation with the line breaks and slashes that follow it; -1 if there is none. */
function punctuationEnd({ bytes, kinds, length }: ClassifiedText, from: number): number {
  let end = from;
  for (; end < length; end++) {
    const kind = (kinds[end] as number) & ~inside;
    if (kind !== other && kind !== mark) break;
  }
  if (end === from) return -1;
  while (end < length && (kinds[end] === line_break || bytes[end] === slash)) end++;
  return end;
}

/** Returns the end of white space: its last line break, else all but the last space, which belongs to the next word. */
function spaceEnd({ kinds, length }: ClassifiedText, from: number): number {
  let end = from;
  let last_break = -1;
  let last = from;
  for (; end < length; end++) {
    const kind = kinds[end] as number;
    if ((kind & ~inside) < space) break;
    if (kind === line_break) last_break = end;
    if (kind < inside) last = end;
  }
  if (last_break !== -1) return last_break + 1;
  return end < length && last > from ? last : end;
}
