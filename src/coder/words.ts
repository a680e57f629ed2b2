/** English words, and Python names made of them. */

const irregular: Readonly<Record<string, string>> = {
  people: "person",
  children: "child",
  addresses: "address",
  statuses: "status",
  caches: "cache",
  indices: "index",
  data: "data",
  media: "media",
  series: "series",
  news: "news",
};

/** Singular words that end in `s`. */
const not_plural = /(?:ss|us|is|os|as|ics|gps|sms|aws|https?|dns|tls|ios|js|lens)$/;

/** Returns the singular of a noun: `orders` -> `order`. */
export function singular(word: string): string {
  const known = irregular[word];
  if (known !== undefined) return known;
  if (!word.endsWith("s") || not_plural.test(word) || word.length < 4) return word;
  if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (/(?:sh|ch|ss|x|zz)es$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}

/** Returns whether a noun is plural. */
export const isPlural = (word: string): boolean => singular(word) !== word;

/** Converts text to a snake-case name, dropping what a Python name may not contain: `Order ID` -> `order_id`. */
export function snake(text: string): string {
  const name = text
    .replaceAll(/['’]s?\b/g, "")
    .replaceAll(/\b(?:kWh|kHz|mAh|mmHg|dBm?|hPa|pH)\b/g, (unit) => unit.toLowerCase())
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .toLowerCase();
  return /^\d/.test(name) ? `n_${name}` : name;
}

/** Converts text to a Pascal-case name: `user_writer` -> `UserWriter`. */
export const pascal = (text: string): string =>
  snake(text)
    .split("_")
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join("");

const keywords = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from global if " +
    "import in is lambda nonlocal not or pass raise return try while with yield match case"
  ).split(" "),
);

/** Returns a name that Python accepts; a keyword gets an underscore. */
export const identifier = (name: string): string => (keywords.has(name) ? `${name}_` : name);

/** Returns the base form of a verb in the third person: `creates` -> `create`. */
export function baseForm(word: string): string {
  if (/^(?:caches|aches)$/.test(word)) return word.slice(0, -1);
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:sh|ch|ss|x|zz|o)es$/.test(word)) return word.slice(0, -2);
  return word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}

/** Returns the base form of a gerund: `running` -> `run`, `taking` -> `take`. A short stem without doubling gets an `e`. */
export function baseOfGerund(word: string): string {
  const stem = word.slice(0, -3);
  if (/([^aeiouls])\1$/.test(stem)) return stem.slice(0, -1);
  return /^[^aeiou]*[aeiou][^aeiouwxy]$|(?:[vczu]|dg|rg|[^s]s)$/.test(stem) ? `${stem}e` : stem;
}

/** Returns the agent noun of a verb: `write` -> `writer`. */
export function agentNoun(verb: string): string {
  if (verb === "compute") return "calculator";
  if (verb === "create") return "creator";
  if (/[^aeiou]ate$/.test(verb) && verb !== "update") return `${verb.slice(0, -1)}or`;
  if (verb.endsWith("e")) return `${verb}r`;
  if (/[^aeiou]y$/.test(verb)) return `${verb.slice(0, -1)}ier`;
  if (/^(?:get|set|put|ship|stop|log|plan|submit|run|sum)$/.test(verb)) return `${verb}${verb.at(-1)}er`;
  return `${verb}er`;
}

/** Returns a noun with its article: `a user`, `an order`. */
export const withArticle = (noun: string): string =>
  `${/^(?:[aeio]|u(?!se|ni|ri|ti))/i.test(noun) && !/^(?:one|eu)/i.test(noun) ? "an" : "a"} ${noun}`;
