import { hasGrammar, type SourceParser } from "#workspace";
import { type Definition, definitionsOf, namesByShape } from "./definitions.ts";
import { pythonDefinitions } from "./python.ts";

/** A part of a file that is found and shown by itself. Lines count from 1; the last one is included. */
export interface Chunk {
  first_line: number;
  last_line: number;
  /** Names that it defines, or the headings above it. */
  symbols: string[];
  text: string;
}

/** Adjacent small definitions are joined up to this length, in UTF-16 units. */
const target_length = 1600;

/** Longer definitions are split. */
export const max_length = 3200;

/** Maximum number of chunks per file; the rest of the file is not indexed. */
const max_chunks = 2000;

/** A range of lines that is split only if it is too long. Lines count from 0; the last one is included. */
interface Part {
  first: number;
  last: number;
  symbols: string[];
  inner?: Part[];
}

/**
 * Splits a text by its definitions, its headings, or its lines. Without a parser, definitions are recognized by the shape of
 * their lines only.
 */
export async function chunkText(text: string, language: string | undefined, parser?: SourceParser): Promise<Chunk[]> {
  if (text.trim() === "") return [];
  const lines = text.split("\n");
  // Nothing follows the final line break.
  if (lines.at(-1) === "") lines.pop();
  if (language === "markdown" || language === "restructuredtext") {
    return packParts(splitBySection(lines, headingsOf(lines, language)), lines);
  }
  const is_code = language !== undefined && !prose_and_data.has(language);
  if (text.length <= target_length || !is_code) {
    return packParts([{ first: 0, last: lines.length - 1, symbols: is_code ? namesByShape(text) : [] }], lines);
  }
  const definitions = parser === undefined ? undefined : await definitionsIn(text, lines, language, parser);
  if (definitions !== undefined && definitions.length > 0)
    return packParts(splitByDefinition(definitions, lines, 0, lines.length - 1, ""), lines);
  const chunks = packParts([{ first: 0, last: lines.length - 1, symbols: [] }], lines);
  for (const chunk of chunks) chunk.symbols = namesByShape(chunk.text);
  return chunks;
}

/** Languages without named definitions. */
const prose_and_data = new Set(["json", "yaml", "toml", "ini", "xml", "html", "css", "scss", "markdown", "restructuredtext"]);

async function definitionsIn(
  text: string,
  lines: readonly string[],
  language: string,
  parser: SourceParser,
): Promise<Definition[] | undefined> {
  if (language === "python") return pythonDefinitions(lines);
  if (!hasGrammar(language)) return undefined;
  const tree = await parser.parse(text, language);
  if (tree === undefined) return undefined;
  try {
    return definitionsOf(tree.rootNode);
  } finally {
    tree.delete();
  }
}

const comment_or_decorator = /^\s*(?:#|\/\/|\/\*|\*|@|--|;|"""|\[<?[A-Z])/;

/** Splits lines into definitions, with the comments and decorators right above each, and the lines between them. */
function splitByDefinition(
  definitions: readonly Definition[],
  lines: readonly string[],
  first: number,
  last: number,
  above: string,
): Part[] {
  const parts: Part[] = [];
  let at = first;
  for (const definition of definitions) {
    if (definition.first < at && definition.last < at) continue;
    let start = Math.max(definition.first, at);
    while (start > at && comment_or_decorator.test(lines[start - 1] ?? "")) start--;
    if (start > at) parts.push({ first: at, last: start - 1, symbols: above === "" ? [] : [above] });
    const end = Math.min(Math.max(definition.last, start), last);
    const name = above === "" || definition.name === "" ? definition.name || above : `${above}.${definition.name}`;
    const part: Part = { first: start, last: end, symbols: name === "" ? [] : [name] };
    if (definition.inner.length > 0) part.inner = splitByDefinition(definition.inner, lines, start, end, name);
    parts.push(part);
    at = end + 1;
  }
  if (at <= last) parts.push({ first: at, last, symbols: above === "" ? [] : [above] });
  return parts;
}

/** Returns headings with their depth, by line. */
function headingsOf(lines: readonly string[], language: string): Map<number, { depth: number; title: string }> {
  const headings = new Map<number, { depth: number; title: string }>();
  let fence: string | undefined;
  const underlines: string[] = [];
  lines.forEach((line, i) => {
    if (language === "markdown") {
      const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]?.slice(0, 3);
      if (mark !== undefined) fence = fence === undefined ? mark : fence === mark ? undefined : fence;
      const heading = fence === undefined ? /^ {0,3}(#{1,6})\s+(.+?)\s*#*$/.exec(line) : null;
      if (heading !== null) headings.set(i, { depth: heading[1]?.length ?? 1, title: heading[2] ?? "" });
      return;
    }
    const title = lines[i - 1] ?? "";
    if (title.trim() === "" || line.length < 3 || line.length < title.length || !/^([=\-~^"'`#*+.:_])\1+$/.test(line)) return;
    const sign = line[0] ?? "";
    if (!underlines.includes(sign)) underlines.push(sign);
    headings.set(i - 1, { depth: underlines.indexOf(sign) + 1, title: title.trim() });
  });
  return headings;
}

/** Splits lines at headings. The symbols of a section are its heading and those that enclose it. */
function splitBySection(lines: readonly string[], headings: ReadonlyMap<number, { depth: number; title: string }>): Part[] {
  const parts: Part[] = [];
  let path: { depth: number; title: string }[] = [];
  let at = 0;
  const close = (end: number): void => {
    if (end >= at) parts.push({ first: at, last: end, symbols: path.map(({ title }) => title) });
    at = end + 1;
  };
  for (const [line, heading] of headings) {
    close(line - 1);
    path = [...path.filter(({ depth }) => depth < heading.depth), heading];
  }
  close(lines.length - 1);
  return parts;
}

/** Turns parts into chunks: joins small ones and splits large ones. */
function packParts(parts: readonly Part[], lines: readonly string[]): Chunk[] {
  const chunks: Chunk[] = [];
  let open: Part | undefined;
  const lengthOf = (first: number, last: number): number => {
    let length = 0;
    for (let i = first; i <= last; i++) length += (lines[i]?.length ?? 0) + 1;
    return length;
  };
  const close = (): void => {
    if (open !== undefined) push(open);
    open = undefined;
  };
  const push = ({ first, last, symbols }: Part): void => {
    const text = lines.slice(first, last + 1).join("\n");
    if (text.trim() === "" || chunks.length >= max_chunks) return;
    chunks.push({ first_line: first + 1, last_line: last + 1, symbols: [...new Set(symbols)], text });
  };
  const place = (part: Part): void => {
    const length = lengthOf(part.first, part.last);
    if (length > max_length) {
      close();
      if (part.inner !== undefined) for (const inner of part.inner) place(inner);
      else for (const piece of splitByLines(part, lines)) push(piece);
      close();
    } else if (open === undefined) open = { ...part, symbols: [...namesIn(part)] };
    else if (lengthOf(open.first, open.last) + length <= target_length) {
      open.last = part.last;
      open.symbols.push(...namesIn(part));
    } else {
      close();
      open = { ...part, symbols: [...namesIn(part)] };
    }
  };
  for (const part of parts) place(part);
  close();
  return chunks;
}

const namesIn = (part: Part): string[] => [...part.symbols, ...(part.inner ?? []).flatMap(namesIn)];

/** Splits a part without inner parts before the target length, preferably at blank lines and lines of little indentation. */
function* splitByLines({ first, last, symbols }: Part, lines: readonly string[]): Generator<Part> {
  let start = first;
  while (start <= last) {
    let length = 0;
    let end = start;
    let best = -1;
    let best_score = Number.NEGATIVE_INFINITY;
    for (; end <= last; end++) {
      const line = lines[end] ?? "";
      if (length + line.length > target_length && end > start) break;
      length += line.length + 1;
      if (length < target_length / 2) continue;
      const next = lines[end + 1] ?? "";
      const score = (line.trim() === "" ? 20 : 0) - (next.length - next.trimStart().length) + length / target_length;
      if (score > best_score) [best, best_score] = [end, score];
    }
    const cut = end > last ? last : best === -1 ? end - 1 : best;
    yield { first: start, last: cut, symbols };
    start = cut + 1;
  }
}
