import type { Effect } from "./design.ts";
import { baseForm } from "./words.ts";

const verb_lists: Readonly<Record<Effect, string>> = {
  insert:
    "create acquire enqueue grant add insert write save store record register persist log append book place open lend ingest import upload enroll enrol schedule track issue",
  upsert: "upsert cache put set",
  find: "read get fetch retrieve load find show lookup",
  list: "list search query filter browse export",
  update: "update modify edit extend prolong change patch rename adjust increment decrement",
  delete: "delete remove purge erase clear revoke evict invalidate drop",
  send:
    "send publish notify push deliver charge refund capture authenticate verify authorize call request trigger dispatch transfer pay cancel approve reject " +
    "translate generate post submit sync forward email transcribe summarize detect classify reserve release ship confirm assign start stop restart " +
    "deploy scale merge close archive download encrypt decrypt sign validate check monitor subscribe unsubscribe block unblock enable disable move copy " +
    "invite ban rotate reset process sum total average count accumulate maintain normalize normalise sort hash encode decode parse format derive estimate determine deduplicate group map score rank merge split join compare multiply divide subtract slugify reverse trim capitalize mask redact validate convert calculate compute aggregate render resize extract transform broadcast announce geocode lock unlock tokenize scan rollback allocate provision quote debit credit ping crawl scrape poll print stream watch pin mute draft react attach resolve acknowledge void accept decline fulfil fulfill reorder replenish dispense prescribe admit discharge",
};

/** The effect of each known verb on a store. */
export const effects: ReadonlyMap<string, Effect> = new Map(
  // The keys of the record above.
  (Object.entries(verb_lists) as [Effect, string][]).flatMap(([effect, verbs]) =>
    verbs.split(" ").map((verb) => [verb, effect] as const),
  ),
);

const gerunds: ReadonlyMap<string, string> = new Map(
  [...effects.keys()].flatMap((verb) => {
    const stem = verb.endsWith("e") && !verb.endsWith("ee") ? verb.slice(0, -1) : verb;
    return [`${stem}ing`, `${verb}${verb.at(-1)}ing`].map((form) => [form, verb] as const);
  }),
);

/** Returns the known verb of a gerund: `reserving` -> `reserve`. */
export const verbOfGerund = (word: string): string | undefined => gerunds.get(word.toLowerCase());

/** Returns the base form of a known verb: `creates` and `create` -> `create`. */
export function baseVerb(word: string): string | undefined {
  if (effects.has(word)) return word;
  const base = word.endsWith("s") ? baseForm(word) : undefined;
  return base !== undefined && (effects.has(base) || other_verbs.has(base)) ? base : undefined;
}

/** Returns whether a word may name an operation. */
export const isVerb = (word: string): boolean =>
  effects.has(word.toLowerCase()) || (word.toLowerCase() !== "" && effects.has(baseForm(word.toLowerCase())));

/** Verbs that end a list of operations but name none. */
const other_verbs = new Set(
  "return keep make give take hold need carry contain include require accept yield produce work".split(" "),
);

/** Verbs that describe an operation but name none. */
const reporting_verbs = new Set(
  "mark unmark flag say tell answer look give show end begin put take note state report".split(" "),
);

/** Returns whether a verb in the third person may follow an operation's name: `stop says that …`. */
export const isPredicate = (word: string): boolean =>
  word.endsWith("s") && (baseVerb(word) !== undefined || reporting_verbs.has(baseForm(word)));

const verb_by_noun: readonly (readonly [RegExp, string])[] = [
  [/\bauthentication\b/i, "authenticate"],
  [/\bauthori[sz]ation\b/i, "authorize"],
  [/\bregistration\b/i, "register"],
  [/\b(?:creation|creating)\b/i, "create"],
  [/\b(?:deletion|removal)\b/i, "delete"],
  [/\bretrieval\b/i, "retrieve"],
  [/\bnotifications?\b/i, "notify"],
  [/\bgeneration\b/i, "generate"],
  [/\bconversion\b/i, "convert"],
  [/\bcaching\b/i, "cache"],
  [/\b(?:storage|persistence)\b/i, "store"],
  [/\bverification\b/i, "verify"],
  [/\bvalidation\b/i, "validate"],
  [/\bpublishing\b/i, "publish"],
  [/\bpayments?\b/i, "pay"],
  [/\buploads?\b/i, "upload"],
  [/\bdownloads?\b/i, "download"],
  [/\bsearch\b/i, "search"],
  [/\blogging\b/i, "log"],
  [/\bprocessing\b/i, "process"],
];

/** Verbs that describe how the node behaves or what it is, and name no operation. */
const non_operation_verbs = new Set(
  (
    "retry return fail raise use support handle require include contain accept take receive ensure implement allow provide expire need have be do keep " +
    "identify represent wrap throw respond respect honour honor follow consist expect produce output yield give work run perform let make must expose offer " +
    "manage administer time emit serve belong depend cost consume start end wait stop rely has is does as this its bypass pass exist apply live last "
  ).split(" "),
);

/** A part of a sentence about one operation. */
export interface Clause {
  verb: string;
  effect: Effect;
  /** The text after the verb, up to the next verb. */
  text: string;
  /** `revoke, which deletes it`: the clause describes the previous operation. */
  describes_previous?: boolean;
}

const determiner = /^(?:an?|the|it|them|its|their|each|all|any|one|this|new|every|those|these|multiple|single|existing)$/i;

/** Finds operations: known verbs where a verb is possible. `is_wide` also accepts an unknown verb after `node that`. */
export function readClauses(sentence: string, is_wide: boolean): { before: string; clauses: Clause[] } {
  const tokens = [...sentence.matchAll(/[A-Za-z][\w'-]*|[,;:()]|\S+/g)];
  const found: { verb: string; at: number; end: number; effect: Effect; is_base: boolean }[] = [];
  let depth = 0;
  for (const [i, token] of tokens.entries()) {
    const word = token[0];
    if (word === "(" || word.startsWith("[")) depth++;
    if (word === ")" || word.endsWith("]")) depth--;
    if (depth > 0 || !/^[A-Za-z]/.test(word)) continue;
    let p = i - 1;
    while (
      p >= 0 &&
      /^(?:\w+ly|then|also|first|finally|can|may|will|must|should|safely|either|not)$/i.test(tokens[p]?.[0] ?? "")
    )
      p--;
    const previous = (tokens[p]?.[0] ?? "").toLowerCase();
    const next = (tokens[i + 1]?.[0] ?? "").toLowerCase();
    const lower = word.toLowerCase();
    if (/-/.test(lower)) continue;
    const third = lower.endsWith("s") ? baseForm(lower) : undefined;
    const is_start =
      p < 0 ||
      /^(?:that|which|who|it|node|to)$/.test(previous) ||
      (previous === ":" &&
        !/^(?:fields?|inputs?|outputs?|parameters?|returns?|columns|attributes|properties)$/i.test(tokens[p - 1]?.[0] ?? ""));
    const is_next = /^(?:and|or|,|;|then|but)$/.test(previous);
    const last = found.at(-1);
    const addVerb = (verb: string, effect: Effect, is_base: boolean): void => {
      found.push({ verb, at: token.index, end: token.index + word.length, effect, is_base });
    };
    if (
      third !== undefined &&
      effects.has(third) &&
      (is_start || (is_next && last?.is_base !== true && (mayBeVerb(next, lower) || isVerbList(tokens, i, last?.at))))
    ) {
      addVerb(third, effects.get(third) ?? "send", false);
      continue;
    }
    const known = effects.get(lower);
    const is_modal = i - 1 > p && /^(?:can|may|will|must|should)$/i.test(tokens[i - 1]?.[0] ?? "");
    // `Upload and download of files` is a title, not an operation.
    const is_title =
      /^(?:and|or)$/.test(next) &&
      effects.has(tokens[i + 2]?.[0].toLowerCase() ?? "") &&
      /^of$/i.test(tokens[i + 3]?.[0] ?? "");
    if (known !== undefined && !/^(?:of|s)$/.test(next) && !is_title) {
      if ((is_start && previous !== "node") || is_modal || (is_next && last?.is_base === true && mayBeVerb(next, "", true)))
        addVerb(lower, known, true);
      continue;
    }
    const gerund = verbOfGerund(lower);
    if (
      gerund !== undefined &&
      !/^(?:id|number|code|reference|name|date|key|status|token|address)$/.test(next) &&
      (/^(?:for|by|supports|:)$/.test(previous) || (is_next && last?.is_base === true))
    ) {
      addVerb(gerund, effects.get(gerund) ?? "send", true);
      continue;
    }
    if (
      is_wide &&
      third !== undefined &&
      found.length === 0 &&
      /^(?:that|which)$/.test(previous) &&
      !non_operation_verbs.has(third)
    )
      addVerb(third, "send", false);
  }
  const clauses = found
    .filter(({ verb }) => !non_operation_verbs.has(verb) || effects.has(verb))
    .map(
      ({ verb, effect, at, end }, i): Clause => ({
        verb,
        effect,
        text: sentence.slice(end, found[i + 1]?.at ?? sentence.length),
        ...(i > 0 && /,\s+which\s+$/.test(sentence.slice(0, at)) ? { describes_previous: true } : {}),
      }),
    );
  return { before: sentence.slice(0, found[0]?.at ?? sentence.length), clauses: distributeObjects(clauses) };
}

/** Returns whether the token continues a list of verbs, as in `creates, reads and …`. */
function isVerbList(tokens: readonly RegExpExecArray[], i: number, last: number | undefined): boolean {
  let p = i - 1;
  while (p >= 0 && /^(?:,|and|or|then)$/.test(tokens[p]?.[0] ?? "")) p--;
  return last !== undefined && tokens[p]?.index === last;
}

/** Returns whether a word after `and` or a comma is a verb: an object must follow. */
function mayBeVerb(next: string, word: string, is_list = false): boolean {
  if (determiner.test(next)) return true;
  if (is_list) return next !== "" && next !== "." && !/^(?:in|of|to)$/.test(next);
  const is_noun_too =
    /^(?:orders|charges|stores|records|logs|requests|lists|reports|emails|messages|tags|books|changes|searches|updates|filters|files|tracks|transfers|posts|schedules|places|sets|ships|uploads|downloads|issues|calls|quotes|credits|debits|checks|drafts|copies|moves|locks|invites|streams|prints|watches|pins|signs|credits|exports|imports|queries|blocks|rotates|processes|opens|loads|triggers|deploys|scales|refunds|captures|shows|drops|caches|crawls|polls|scans)$/.test(
      word,
    );
  return !/^(?:,|;|\.|and|or|in|of|for|with|by|from|to|)$/.test(next) && (!is_noun_too || !/^(?:is|are)$/.test(next));
}

/** Gives each verb in a list its object: in `create, read and delete users`, all three take `users`. */
function distributeObjects(clauses: readonly Clause[]): Clause[] {
  return clauses.map((clause, i) => {
    if (clause.text.replaceAll(/\b(?:and|or|then)\b|[,;&\s]/g, "") !== "") return clause;
    const later = clauses.slice(i + 1).find((one) => one.text.replaceAll(/\b(?:and|or|then)\b|[,;&\s]/g, "") !== "");
    // Only the object is shared; a key belongs to the last verb alone.
    const object = later?.text.replace(/\b(?:by|with|from|in|to|using|given|for|including|via|when|on)\b.*$/i, "") ?? "";
    return { ...clause, text: ` ${object.trim()}` };
  });
}

/** Finds the operation of a contract without a verb: `node for authentication`. */
export function operationByNoun(text: string): { verb: string; effect: Effect } | undefined {
  const verb = verb_by_noun.find(([pattern]) => pattern.test(text))?.[1];
  return verb === undefined ? undefined : { verb, effect: effects.get(verb) ?? "send" };
}
