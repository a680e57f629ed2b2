import type { Definition } from "./definitions.ts";

/**
 * Finds the definitions of a Python file by indentation. The result equals the grammar's in a thirtieth of the time; parsing
 * with the grammar was half of the time of the first index of a Python project.
 */
export function pythonDefinitions(lines: readonly string[]): Definition[] {
  const is_continued = continuedLines(lines);
  const top: Definition[] = [];
  /** The enclosing definitions, outermost first. */
  const open: { indent: number; is_class: boolean; definition: Definition }[] = [];
  let last_code = 0;
  const close = (indent: number): void => {
    for (let inner = open.at(-1); inner !== undefined && inner.indent >= indent; inner = open.at(-1)) {
      inner.definition.last = last_code;
      open.pop();
    }
  };
  lines.forEach((line, i) => {
    const indent = line.search(/\S/);
    if (indent === -1) return;
    if (is_continued[i] === 1) {
      last_code = i;
      return;
    }
    if (line[indent] === "#") return;
    close(indent);
    last_code = i;
    const match = /^(?:async[ \t]+)?(def|class)[ \t]+([\p{L}_][\p{L}\p{N}_]*)/u.exec(line.slice(indent, indent + 200));
    if (match === null) return;
    const enclosing = open.at(-1);
    // Functions have no inner definitions.
    if (enclosing?.is_class === false) return;
    const definition: Definition = { name: match[2] ?? "", first: i, last: i, inner: [] };
    (enclosing?.definition.inner ?? top).push(definition);
    open.push({ indent, is_class: match[1] === "class", definition });
  });
  close(0);
  return top;
}

/** Returns 1 for each line that begins inside a string, inside brackets, or after a backslash. */
function continuedLines(lines: readonly string[]): Uint8Array {
  const is_continued = new Uint8Array(lines.length);
  /** The quotes that close the current multi-line string; empty outside one. */
  let quotes = "";
  let depth = 0;
  let is_joined = false;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (quotes !== "" || depth > 0 || is_joined) is_continued[i] = 1;
    is_joined = false;
    for (let at = 0; at < line.length; at++) {
      if (quotes !== "") {
        const end = endOfString(line, at, quotes);
        if (end === -1) break;
        at = end - 1;
        quotes = "";
        continue;
      }
      const code = line.charCodeAt(at);
      if (code > 125 || (code > 93 && code < 123) || (code > 41 && code < 91)) continue;
      const sign = line.charAt(at);
      if (sign === "#") break;
      if (sign === "(" || sign === "[" || sign === "{") depth++;
      else if (sign === ")" || sign === "]" || sign === "}") depth = Math.max(0, depth - 1);
      else if (sign === '"' || sign === "'") {
        const three = sign.repeat(3);
        if (line.startsWith(three, at)) {
          quotes = three;
          at += 2;
        } else {
          const end = endOfString(line, at + 1, sign);
          // An unclosed string continues after a backslash; otherwise the file is broken and the line ends the string.
          if (end === -1) {
            is_joined = line.endsWith("\\");
            break;
          }
          at = end - 1;
        }
      } else if (sign === "\\" && at === line.length - 1) is_joined = true;
    }
  }
  return is_continued;
}

/** Returns the offset after a string's closing quotes, or -1 if they are not on this line. */
function endOfString(line: string, from: number, quotes: string): number {
  for (let at = line.indexOf(quotes, from); at !== -1; at = line.indexOf(quotes, at + 1)) {
    let backslashes = 0;
    while (at - backslashes - 1 >= from && line[at - backslashes - 1] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at + quotes.length;
  }
  return -1;
}
