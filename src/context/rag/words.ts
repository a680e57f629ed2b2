/**
 * The words of code as the full-text index is to see them. Its tokenizer parts at everything that is no letter and no
 * digit, so `foo_bar` and `foo/bar` are two words already; `fooBar` is given to it in its parts as well.
 */
export function withParts(text: string): string {
  return text.replaceAll(compound, (word) => `${word} ${partsOf(word)}`);
}

/** A word with a capital behind a small letter or digit, or a capitalised word behind an abbreviation. */
const compound = /[A-Za-z0-9]*(?:[a-z0-9][A-Z]|[A-Z][A-Z][a-z])[A-Za-z0-9]*/g;

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
