/** Words of a contract, and the names that Python gives them. */

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

/** Words that end in `s` and are one thing. */
const not_plural = /(?:ss|us|is|os|as|ics|gps|sms|aws|https?|dns|tls|ios|js|lens)$/;

/** `orders` -> `order`; what is singular stays. */
export function singular(word: string): string {
  const known = irregular[word];
  if (known !== undefined) return known;
  if (!word.endsWith("s") || not_plural.test(word) || word.length < 4) return word;
  if (word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (/(?:sh|ch|ss|x|zz)es$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}

/** Whether a word speaks of several things. */
export const isPlural = (word: string): boolean => singular(word) !== word;

/** `Order ID` -> `order_id`; only what may stand in a Python name is kept. */
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

/** `user_writer` -> `UserWriter`. */
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

/** A name that Python accepts: keywords get an underscore. */
export const identifier = (name: string): string => (keywords.has(name) ? `${name}_` : name);

/** `creates` -> `create`: the third person of a verb, undone. */
export function baseForm(word: string): string {
  if (/^(?:caches|aches)$/.test(word)) return word.slice(0, -1);
  if (word.endsWith("ies") && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:sh|ch|ss|x|zz|o)es$/.test(word)) return word.slice(0, -2);
  return word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word;
}

/** `taking` -> `take`, `running` -> `run`: a short stem that is not doubled has lost its `e`. */
export function baseOfGerund(word: string): string {
  const stem = word.slice(0, -3);
  if (/([^aeiouls])\1$/.test(stem)) return stem.slice(0, -1);
  return /^[^aeiou]*[aeiou][^aeiouwxy]$|(?:[vczu]|dg|rg|[^s]s)$/.test(stem) ? `${stem}e` : stem;
}

/** `write` -> `writer`: who does it. */
export function agentNoun(verb: string): string {
  if (verb === "compute") return "calculator";
  if (verb === "create") return "creator";
  if (/[^aeiou]ate$/.test(verb) && verb !== "update") return `${verb.slice(0, -1)}or`;
  if (verb.endsWith("e")) return `${verb}r`;
  if (/[^aeiou]y$/.test(verb)) return `${verb.slice(0, -1)}ier`;
  if (/^(?:get|set|put|ship|stop|log|plan|submit|run|sum)$/.test(verb)) return `${verb}${verb.at(-1)}er`;
  return `${verb}er`;
}

/** `a user`, `an order`. */
export const withArticle = (noun: string): string =>
  `${/^(?:[aeio]|u(?!se|ni|ri|ti))/i.test(noun) && !/^(?:one|eu)/i.test(noun) ? "an" : "a"} ${noun}`;
