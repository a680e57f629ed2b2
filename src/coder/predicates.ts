import { baseVerb, effects, isPredicate, isVerb } from "./clauses.ts";
import type { Field, Operation } from "./design.ts";
import { readList } from "./field-lists.ts";
import { mark_pattern, mask } from "./masks.ts";
import { type Reading, taker_verbs } from "./reading.ts";

/** Subjects that mean the node or its callers; such a sentence may list inputs. */
const node_subject =
  /^(?:it|this|the node|this node|node|we|you|one|callers?|the callers?|a caller|clients?|the clients?|the inputs?|inputs?|an input|its inputs?|the requests?|a request|each request|requests?)$/i;
const thing_subject = /^(?:(?:an?|the|each|every|one|any|all) )?(?:[\w-]+ ){0,2}[\w-]+$/i;

/** Verbs that do not always introduce inputs. */
const loose_taker =
  /^(?:gets?|gives?|reports?|provides?|names?|states?|tells?|says?|sends?(?: in)?|stores|holds?|hands?.*|pass(?:es)?|supply|supplies|includes?|contains?)$/i;

/** Reads an operation's name before another verb: `send takes …`, `clear removes it`. */
export function operationSubject(
  part: string,
  restore: (text: string) => string,
  { operations }: Reading,
): { name: string; effect: Operation["effect"]; rest: string } | undefined {
  const [, subject = "", colon = "", rest = ""] =
    part.match(new RegExp(`^(?:the |an? )?(${mark_pattern}|[A-Za-z]+)( operation)?:? (.+)$`)) ?? [];
  const word = restore(subject)
    .replaceAll(/[`"'“”]/g, "")
    .toLowerCase();
  const next = rest.match(/^[A-Za-z]+/)?.[0]?.toLowerCase() ?? "";
  // A sentence that starts in lower case starts with a name.
  const is_quoted =
    (subject !== word && /^[`"'“]/.test(restore(subject))) ||
    ((new RegExp(`^(?:${taker_verbs})$`).test(next) || isPredicate(next)) &&
      /^[a-z]+$/.test(subject) &&
      !/^(?:it|we|you|they|this|that|which|who|node|one|inputs?|events?|requests?|callers?|clients?)$/.test(subject) &&
      !subject.endsWith("s"));
  if (!/^[a-z][a-z_]*$/.test(word) || (!is_quoted && (!isVerb(word.split("_")[0] ?? "") || word.endsWith("s"))))
    return undefined;
  const verb = baseVerb(next);
  const follows = (isPredicate(next) && verb !== next) || new RegExp(`^(?:${taker_verbs})$`, "i").test(next);
  if (!follows && !((colon !== "" || is_quoted) && isVerb(word.split("_")[0] ?? ""))) return undefined;
  if (operations.some(({ name }) => name === word))
    return { name: word, effect: operations.find(({ name }) => name === word)?.effect ?? "send", rest };
  const own = effects.get(word.split("_")[0] ?? word) ?? "send";
  const effect_of_verb =
    verb === undefined || new RegExp(`^(?:${taker_verbs})$`, "i").test(next) ? undefined : effects.get(verb);
  const ending_words =
    /^(?:says|tells|notes|reports|marks)\b.*\b(?:stopped|ended|over|gone|left|finished|no longer|not any more|free again|closed)\b/;
  if (own === "send" && (ending_words.test(rest) || /^unmarks\b/.test(rest))) return { name: word, effect: "delete", rest };
  if (own === "send" && /^(?:marks|flags|notes|puts|begins)$/.test(next)) return { name: word, effect: "insert", rest };
  if (own === "send" && /^(?:tells|says|returns|gives|shows|answers|reports)$/.test(next))
    return { name: word, effect: "find", rest };
  // `download reads …`: the second verb is more precise than the name.
  return { name: word, effect: own === "send" && effect_of_verb !== undefined ? effect_of_verb : own, rest };
}

/** Reads the fields that a sentence lists as inputs or parts: `An event carries a, b and c`. */
export function readTaker(text: string, reading: Reading, is_operation: boolean, is_later: boolean): Field[] | undefined {
  const masked = mask(text);
  const found =
    masked.text.match(
      new RegExp(
        `^(?:([^,;:]{0,60}?)\\s+)??(?:(?:also|only|always|must|should|will|can|may|then|has to|have to|be) )*\\b(?<!\\b(?:an?|the|each|every|its|one|any)\\s)(${taker_verbs}):?\\s+(?!(?:to|been|back|by)\\b)(.+)$`,
        "i",
      ),
    ) ?? masked.text.match(/^()(given) (?:are|is) (.+)$/i);
  if (found === null) return undefined;
  const [, subject_text = "", verb = "", object = ""] = found;
  const subject = subject_text.trim();
  const { node_type } = reading;
  if (/^(?:the )?(?:redis|postgres\w*|sqlite|database|table|cache|file|disk|store)\b/i.test(subject)) return undefined;
  const is_node = subject === "" || node_subject.test(subject);
  if (
    !is_node &&
    !is_operation &&
    (!thing_subject.test(subject) ||
      !/^(?:an?|the|each|every|one|any|all|its|our) |s$/i.test(subject) ||
      /\b(?:node|that|which|and|if|when|to)\b/i.test(subject) ||
      isVerb(subject.split(" ")[0] ?? ""))
  )
    return undefined;
  // `The node stores a code` is an operation; `an entry stores a code` names a field.
  if (/^stores$/i.test(verb) && (is_node || is_operation || is_later)) return undefined;
  const items = readList(masked.restore(object));
  if (items.length === 0) return undefined;
  const is_typed = items.some((one) => one.is_typed === true || one.choices !== undefined || one.minimum !== undefined);
  if (is_node && !is_later && loose_taker.test(verb) && !/^(?:contains?|includes?)$/i.test(verb)) {
    if (is_operation) return /^(?:gets?|receives?)$/i.test(verb) && (is_typed || items.length > 1) ? items : undefined;
    if (subject === "") return undefined;
    if (
      /^(?:we|you|callers?|clients?|the inputs?|inputs?|a caller|the caller|requests?|a request|the request|each request)$/i.test(
        subject,
      )
    )
      return items;
    return is_typed || items.length > 2 || node_type !== "Effect" ? items : undefined;
  }
  if (is_later && loose_taker.test(verb) && !is_typed && is_node) return undefined;
  return items;
}

/** Splits a sentence before each verb that starts a new predicate. */
export function splitPredicates(text: string, restore: (part: string) => string): string[] {
  // `get returns it and clear removes it` describes two operations.
  for (const match of text.matchAll(
    new RegExp(
      `(?:,|;)?\\s+(?:and|while|whereas)\\s+(?=(${mark_pattern}|[a-z]+) ([a-z]+s)\\b)|,\\s+(?=(${mark_pattern}|[a-z]+) ([a-z]+s)\\b)`,
      "g",
    ),
  )) {
    const word = restore(match[1] ?? match[3] ?? "").replaceAll(/["'`“”]/g, "");
    const verb =
      baseVerb(match[2] ?? match[4] ?? "") ??
      (new RegExp(`^(?:${taker_verbs})$`).test(match[2] ?? match[4] ?? "") || isPredicate(match[2] ?? match[4] ?? "")
        ? "take"
        : undefined);
    const is_quoted = word !== (match[1] ?? match[3]);
    if ((!is_quoted && (!isVerb(word) || word.endsWith("s"))) || verb === undefined) continue;
    const at = match.index + match[0].length;
    return [...splitPredicates(text.slice(0, match.index), restore), ...splitPredicates(text.slice(at), restore)];
  }
  const parts: string[] = [];
  let start = 0;
  for (const match of text.matchAll(
    /(?:,\s*|\s+)(?:and|then|but)\s+(?:then |also |finally )?(?=[a-z]+s\b)|[,;]\s+(?=[a-z]+s\b)/g,
  )) {
    const rest = text.slice(match.index + match[0].length);
    const word = rest.match(/^[a-z]+/)?.[0] ?? "";
    const next = rest.slice(word.length).trim().split(/[\s,]/)[0] ?? "";
    const is_taker =
      new RegExp(`^(?:${taker_verbs})$`).test(word) && word !== "states" && word !== "names" && word !== "reports";
    const verb = baseVerb(word);
    if (!is_taker && (verb === undefined || verb === word)) continue;
    const is_sure =
      /^(?:an?|the|it|them|its|their|each|every|that|this|those|these|one|all|any|back|whether)$/.test(next) ||
      next.startsWith("\ue000");
    if (!is_sure && !/^(?:takes|returns|holds|carries|requires|needs|accepts|has)$/.test(word)) continue;
    const before = text.slice(start, match.index).trim();
    if (
      before
        .split(/[\s,]+/)
        .every((one) => baseVerb(one.toLowerCase()) !== undefined || /^(?:and|or|that|then|it)$/i.test(restore(one)))
    )
      continue;
    parts.push(before);
    start = match.index + match[0].length;
  }
  return [...parts, text.slice(start).trim()].filter((part) => part !== "");
}
