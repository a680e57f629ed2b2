import { applyDescription, readDescription } from "./descriptions.ts";
import type { Field, FieldType } from "./design.ts";
import { guessType, units } from "./field-types.ts";
import { mark_pattern, mask } from "./masks.ts";
import { snake } from "./words.ts";

/** Last words of phrases about how the node works, which are not fields. */
const non_field_ending =
  /(?:^|_)(?:handling|validation|validations|retry|retries|retrying|backoff|logging|support|compensation|compensations|security|rollback|rollbacks|caching|cache|transaction|transactions|timeout|timeouts|errors?|postgresql|postgres|redis|sqlite|database|databases|table|tables|api|apis|https?|http_\w+|endpoint|endpoints|result|results|node|nodes|data|details|information|info|record|records|fields?|pooling|tracing|metrics|monitoring|idempotency|atomicity|consistency|following|contract|python|json_schema|jitter|concurrency|isolation|order_by|care|other|others|them|it|each|storage|store|default|defaults|success|failure|steps?|inputs?|outputs?|parameters?|values_given|semantics|checks?|it_is|sha_\d+|md5|base64|stored|saved|kept|persisted|asynchronously|synchronously|precision|celsius_to_fahrenheit|optionally|order_in|operations?)$/;

/** Words that occur in sentences but not in names. */
const non_name_word =
  /^(?:is|are|was|were|be|been|being|which|who|whom|whose|them|they|it|its|we|you|there|then|than|so|if|when|while|because|not|no|nor|but|also|only|once|again|back|too|true|false|both|either|neither|every|each|all|any|some|such|must|should|shall|will|would|can|could|may|might|do|does|did|has|have|had|returns|takes?|holds?|gets|gives?|carries|keeps?|makes?|needs?|requires?|contains?|includes?|stores|reads|writes|sends|removes|deletes|creates|updates|fails|up|out|off|into|onto|via|using|without|through)$/i;

const determiner =
  /^(?:(?:(?:up to|at most) \w+|one or more|zero or more|any number of|an?|the|its|their|his|her|each|every|any|all|one|this|that|given(?! names?\b)|some|new|valid(?! (?:until|from|to|through|till|thru)\b)|existing|specific|specified|provided|certain|corresponding|associated|respective|both|also|non-empty|unique|required|mandatory|optional|optionally|positive|non-negative|nonnegative|negative|possibly|perhaps|maybe|resulting|following|several|multiple|either|our|your|desired|whole)\s+)+/i;

const trailing_clause =
  /\s+(?:(?:for|from|by|at|on|in|to|of)\s+\S.*|(?:it|they|we|he|she|you)\s+\S.*|(?:into|onto|via|using|with|without|that|which|who|whose|when|where|if|so|as|than|through|after|before|until|during|against|within|is|are|must|should|can|may|will|to be|per(?! (?:second|minute|hour|day|night|week|month|year|unit|item|piece|person|kwh|kilowatt|kg|km|m2|litre|liter|seat|page)\b)|passed|given|being|used|expressed|measured)\b.*)$/i;

/** Reads one item of a list: `an optional phone number (string)`. Returns undefined if it names no field. */
export function readField(phrase: string, is_sure = false): Field | undefined {
  const masked = mask(phrase.trim());
  const groups: string[] = [];
  let quoted: string | undefined;
  let rest = masked.text.replaceAll(new RegExp(mark_pattern, "g"), (found) => {
    const text = masked.restore(found);
    if (/^[([]/.test(text)) {
      groups.push(text.slice(1, -1));
      return " ";
    }
    quoted ??= /^["'`“]?[A-Za-z_][\w .-]*["'`”]?$/.test(text) ? text.replaceAll(/["'`“”]/g, "") : undefined;
    return ` ${text.replaceAll(/["'`“”]/g, "")} `;
  });
  rest = rest.replaceAll(/\s+/g, " ").trim();
  // `a user (user id)`: the brackets name the field.
  const own = groups.findIndex((text) => {
    const last = rest.toLowerCase().split(" ").at(-1) ?? "";
    return (
      last !== "" &&
      new RegExp(`^(?:the |its )?${last.replaceAll(/\W/g, "")} (?:id|uuid|key|number|code|name)$`, "i").test(text)
    );
  });
  if (own >= 0) rest = groups.splice(own, 1)[0] ?? rest;
  const descriptions: string[] = [...groups];
  // `weight: float`, `weight as a float`, `its value being true or false`.
  const described = rest.match(/^(.{1,60}?)\s*(?::|\b(?:given |expressed |written |stored |passed )?as\b|\bbeing\b)\s*(.+)$/i);
  if (described !== null && readDescription(described[2] ?? "", true) !== undefined) {
    descriptions.push(described[2] ?? "");
    rest = described[1] ?? "";
  }
  // `a boolean active`.
  const leading = rest.match(/^(?:an?\s+|the\s+)?(boolean|integer|string|float|decimal|numeric)\s+(?=[a-z])/i);
  if (leading !== null && !/^(?:value|number|field|amount)\b/i.test(rest.slice(leading[0].length))) {
    descriptions.push(leading[1] ?? "");
    rest = rest.slice(leading[0].length);
  }
  const of_unit = rest.match(new RegExp(`^(.+?) (?:(?:measured|given|expressed|specified) )?(in (?:${units}))(?![\\w/])`, "i"));
  if (of_unit !== null) {
    descriptions.push(of_unit[2] ?? "");
    rest = of_unit[1] ?? "";
  }
  const bounds = rest.match(
    /^(.+?),? ((?:between|of at most|of at least|at most|at least|of up to|up to|from) -?\d.*|of up to .*characters.*|of (?:exactly )?\d+(?:\.\d+)? ?(?:to|-|–|or|characters?|digits?|letters?)\b.*)$/i,
  );
  if (bounds !== null && readDescription(bounds[2] ?? "", true) !== undefined) {
    descriptions.push(bounds[2] ?? "");
    rest = bounds[1] ?? "";
  }
  const clause = rest.match(
    /^(.+?),? (?:which|that) ((?:must|may|can|cannot|is|are|has to|should|defaults?|never|lies)\b.*)$/i,
  );
  if (clause !== null && readDescription(clause[2] ?? "", true) !== undefined) {
    descriptions.push(clause[2] ?? "");
    rest = clause[1] ?? "";
  }
  rest = rest
    .replace(
      /^(?:an?\s+|the\s+)?(?:flag|boolean|switch|marker)\s+(?:that |which )?(?:says?|tells?|saying|telling|shows?|indicat(?:es|ing)|for)\s+(?=whether\b|if\b)/i,
      "flag ",
    )
    .replace(/^(?:an?\s+)?indication\s+(?=whether|if)/i, "flag ")
    .replace(/^when (?:it|they|the \w+) (?:was |were |is |has been |have been )?(\w+(?:ed|en|nt|de|un))$/i, "$1_at");
  const is_flag = /^(?:an?\s+)?(?:flag\s+)?(?:whether|if)\b|\bflag$/i.test(rest);
  rest = rest.replace(
    /^(?:an?\s+|the\s+)?(?:flag\s+)?(?:whether|indicating whether|that says whether)\s+(?:it|the \w+|they|an? \w+)?\s*/i,
    "",
  );
  if (/^(?:two|three|four|several|many)\b/i.test(rest)) return undefined;
  const words = rest.match(determiner)?.[0].toLowerCase() ?? "";
  rest = rest.replace(determiner, "");
  // `the status of the order` is `status`; `date of birth` and `number of guests` are whole names.
  rest = rest.replace(
    /^((?:[\w'’-]+\s)*[\w'’-]+)\s+of (?:the|an?|its|each|this|that|their|every)\s+.*$/i,
    (all, head: string) => (/^(?:list|array|set|number|count)$/i.test(head) ? all.replace(/ of (?:the|an?) /, " of ") : head),
  );
  rest = rest
    .replace(/^(\w+ed at) time$/i, "$1\ue008")
    .replace(
      /^(?:time|date|moment|day)(?: at which| on which| when)? (?:it|they|he|she|the \w+) (?:was |were |is |are |has been )?(\w+(?:ed|en|nt|de|un))(?: at| on)?$/i,
      "$1_at",
    );
  rest = rest.replace(/\b(valid|good) (until|from|to|through)$/i, "$1_$2");
  const list_of = rest.match(/^(?:list|array|set|collection) of (.+)$/i)?.[1]?.replace(trailing_clause, "");
  const is_constant = /\bof \d/.test(rest);
  const of_name = rest.match(
    /^((?:total )?(?:number|date|time|amount|count|place|country|state|city|name|type|point|reason|proof|terms?|unit|rate|source|cost|year|day|level|degree|method|mode|zone|area|kind) of [\w'’-]+(?: [\w'’-]+)?)(?=$|\s)/i,
  )?.[1];
  if (list_of !== undefined) rest = list_of;
  else
    rest =
      of_name !== undefined
        ? of_name.replace(trailing_clause, (found) => (/^\s+of\b/i.test(found) ? found : ""))
        : rest.replace(trailing_clause, "");
  rest = rest.replace("\ue008", "").trim();
  let name = snake(
    quoted !== undefined && rest.includes(quoted) && described === null && rest.split(/\s+/).length < 3 ? quoted : rest,
  );
  if (is_flag && name !== "flag") name = name.replace(/^(?:it_)?(?:is|are)_/, "is_").replace(/_flag$/, "");
  const field: Field = { name, type: "str", is_optional: /\boptional/i.test(words) };
  const details = descriptions.map((text) => readDescription(text, true));
  const is_typed = details.some((one) => one?.type !== undefined || one?.unit !== undefined);
  if (name === "" || name.length > 60 || rest.split(/\s+/).length > 5 || /^\d+$|^n_\d/.test(name)) return undefined;
  // `handing over the keys` is an action.
  if (/^\w+ing (?:\w+ )?(?:the|an?|it|its)\b/i.test(rest)) return undefined;
  // `a radius of 6371 km` is a constant.
  if (is_constant) return undefined;
  if (quoted === undefined && !/ at$/.test(rest) && rest.split(/\s+/).some((word) => non_name_word.test(word)) && !is_flag)
    return undefined;
  if (!is_sure && non_field_ending.test(name) && quoted === undefined && !(is_typed && rest.split(" ").length < 3))
    return undefined;
  field.type = is_flag ? "bool" : guessType(name, list_of !== undefined);
  if (list_of !== undefined) field.is_list = true;
  if (/\bnon-?negative\b/.test(words)) field.minimum = { value: 0, is_exclusive: false };
  else if (/\bpositive\b/.test(words)) field.minimum = { value: 0, is_exclusive: true };
  for (const one of details)
    if (one !== undefined) {
      const type =
        (list_of !== undefined || field.type.startsWith("list[")) && one.is_plural === true && one.type !== undefined
          ? (`list[${one.type}]` as FieldType)
          : one.type; // an inner type makes a list type
      applyDescription(field, type === undefined ? one : { ...one, type });
    }
  for (const [i, text] of groups.entries()) if (details[i] === undefined && text.length < 80) field.note ??= text;
  return field;
}
