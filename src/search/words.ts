/**
 * Appends the parts of compound words for the full-text index: `fooBar` becomes `fooBar foo Bar`. The index splits at every
 * character that is not a letter or digit, so `foo_bar` and `foo/bar` need nothing.
 */
export function withParts(text: string): string {
  let expanded = "";
  let copied = 0;
  let begin = 0;
  let is_compound = false;
  let before = 0;
  let last = 0;
  // A loop, because all indexed text passes here, and a pattern with lookahead in each word takes five times as long.
  for (let i = 0; i <= text.length; i++) {
    const kind = i < text.length ? kindOf(text.charCodeAt(i)) : other;
    if (kind === other) {
      if (is_compound) {
        expanded += `${text.slice(copied, i)} ${partsOf(text.slice(begin, i))}`;
        copied = i;
      }
      begin = i + 1;
      is_compound = false;
    } else if (kind === capital) is_compound ||= last === small || last === digit;
    else if (kind === small) is_compound ||= last === capital && before === capital;
    before = last;
    last = kind;
  }
  return copied === 0 ? text : expanded + text.slice(copied);
}

const other = 0;
const small = 1;
const capital = 2;
const digit = 3;

function kindOf(code: number): number {
  if (code >= 97 && code <= 122) return small;
  if (code >= 65 && code <= 90) return capital;
  return code >= 48 && code <= 57 ? digit : other;
}

/** Splits `parseHTTPRequest` into `parse HTTP Request`. */
export const partsOf = (word: string): string =>
  word.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1 $2");

/** Words that do not narrow a search. */
const common = new Set(
  (
    "a about above after again all also am an and any are as at be because been before being below between both but by can cannot " +
    "could did do does doing don down during each few for from further had has have having he her here hers him his how i if in " +
    "into is it its itself just me more most my no nor not now of off on once only or other our ours out over own please same she " +
    "should so some such than that the their them then there these they this those through to too under until up us very was we " +
    "were what when where which while who whom why will with would you your yours"
  ).split(" "),
);

/** Returns the distinct words of a query in lower case; compound identifiers whole and in parts. */
export function queryWords(query: string): string[] {
  const words = withParts(query)
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  const all = [...new Set(words)];
  const significant = all.filter((word) => !common.has(word) && (word.length > 1 || /[^a-z0-9]/.test(word)));
  return significant.length === 0 ? all : significant;
}
