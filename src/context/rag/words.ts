/**
 * The words of code as the full-text index is to see them. Its tokenizer parts at everything that is no letter and no
 * digit, so `foo_bar` and `foo/bar` are two words already; `fooBar` is given to it in its parts as well.
 */
export function withParts(text: string): string {
  let parted = "";
  let kept = 0;
  let begin = 0;
  let is_compound = false;
  let before = 0;
  let last = 0;
  // By hand: all that is indexed passes here, and a pattern that looks ahead in each word takes five times as long.
  for (let i = 0; i <= text.length; i++) {
    const kind = i < text.length ? kindOf(text.charCodeAt(i)) : other;
    if (kind === other) {
      if (is_compound) {
        parted += `${text.slice(kept, i)} ${partsOf(text.slice(begin, i))}`;
        kept = i;
      }
      begin = i + 1;
      is_compound = false;
    } else if (kind === capital) is_compound ||= last === small || last === digit;
    else if (kind === small) is_compound ||= last === capital && before === capital;
    before = last;
    last = kind;
  }
  return kept === 0 ? text : parted + text.slice(kept);
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

/** `parseHTTPRequest` as `parse HTTP Request`. */
export const partsOf = (word: string): string =>
  word.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1 $2");

/** Words of a question that say nothing of what is looked for. */
const common = new Set(
  (
    "a about above after again all also am an and any are as at be because been before being below between both but by can cannot " +
    "could did do does doing don down during each few for from further had has have having he her here hers him his how i if in " +
    "into is it its itself just me more most my no nor not now of off on once only or other our ours out over own please same she " +
    "should so some such than that the their them then there these they this those through to too under until up us very was we " +
    "were what when where which while who whom why will with would you your yours"
  ).split(" "),
);

/** The words of a question, once each, in lower case: those of its identifiers whole and in their parts. */
export function queryWords(query: string): string[] {
  const words = withParts(query)
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  const all = [...new Set(words)];
  const telling = all.filter((word) => !common.has(word) && (word.length > 1 || /[^a-z0-9]/.test(word)));
  return telling.length === 0 ? all : telling;
}
