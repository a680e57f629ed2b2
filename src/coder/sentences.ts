/** Drops the start that names the node: `Effect node that writes …` -> `that writes …`. */
export const withoutHead = (sentence: string): string =>
  sentence
    .replace(/^(?:an? |the )?(?:\w+ )?(?:effect|compute|reducer|orchestrator)?(?: onex)? ?node\b[,:]?\s*/i, "")
    .replace(/^(?:an? |the )?(?:effect|compute|reducer|orchestrator)\b[,:]?\s*(?=that|which|to|for)/i, "");

/** Drops phrases that name no field: retries, lifetimes, timeouts, transactions, endpoints, formulas. */
export const withoutPolicies = (text: string): string =>
  text
    .replaceAll(/,?\s*\b(?:and )?(?:with|using) (?:an? )?(?:bearer|access|oauth2?) (?:token|authentication)\b/gi, "")
    // The destination of a request is not a field.
    .replaceAll(
      /,?\s*(?:\b(?:with|via|by|through|using|over|as|in|:)\s+)?(?:an? |the )?(?:\bHTTPS? )?\b(?:GET|POST|PUT|PATCH|DELETE)\b(?: requests?| calls?)?(?:\s+(?:to|on|at|against)\b)?(?:\s+(?:https?:\/\/|\/)[^\s"'`),]+[^\s"'`),.;:])?/g,
      "",
    )
    .replaceAll(
      /\s*\b(?:by|through|via) (?:calling|sending|making|issuing|using|doing)\b(?: an?)?(?: HTTP)?(?: requests?| calls?)?(?: to| on)?(?=\s*(?:$|[.,;]))/gim,
      "",
    )
    .replaceAll(/\s+\bover (?:the |an? |its )?(?:[\w-]+ )?(?:HTTPS?|REST|network)\b(?: (?:API|service|interface))?(?!\/)/gi, "")
    .replaceAll(/\blooks up\b/gi, "lookups")
    .replaceAll(/\blook up\b/gi, "lookup")
    .replaceAll(
      /,?\s*\b(?:and )?(?:with|using|has|having) (?:an? |the )?(?:default )?(?:ttl|time[- ]to[- ]live|expiry|expiration)(?: time)?(?: of| is)? \d[\w. -]*?(?=[,.;]|\s(?:and|in|to)\b|$)/gi,
      "",
    )
    .replaceAll(
      /,?\s*\b(?:and )?(?:with|using|in|inside|within|as) (?:an? |one |the same |a single )?(?:database |atomic )?transactions?\b/gi,
      "",
    )
    .replaceAll(
      /,?\s*\b(?:and )?(?:with )?(?:up to |at most )?(?:\w+ )?(?:automatic )?retr(?:y|ies|ying|ied)\b[^.;]*?(?=[.;]|,? and (?!exponential|linear|back|jitter)|$)/gi,
      "",
    )
    .replaceAll(/,?\s*\b(?:and |with )?(?:an? )?(?:exponential|linear) backoff\b/gi, "")
    .replaceAll(/,?\s*\b(?:and |with )?(?:an? )?time ?out(?:s)?(?: of| after)? \d+(?:\.\d+)? ?\w+/gi, "")
    .replaceAll(
      /[:,]?\s*(?:\busing |\bas |\bwhere )?(?:the formula )?\b[a-z][a-z_]*(?: [a-z_]+){0,2} = [^.;\n]*(?:\.\d[^.;\n]*)*/gi,
      "",
    );

const time =
  "(?:\\d+(?:\\.\\d+)?|an?|one|two|three|four|five|six|seven|ten|twelve|fifteen|thirty|sixty|ninety|half an?)[ -]?(?:seconds?|minutes?|mins?|hours?|days?|weeks?|months?|years?|ms|s|min|h)\\b";

/** Returns whether a sentence only describes behaviour: retries, lifetimes, what is undone. */
const isPolicy = (sentence: string): boolean =>
  /^(?:if|when(?:ever)?|should|on|upon|in case|unless|once|after|whenever|every (?:step|one|action)|failed|a failed|transient|temporary)\b.*\b(?:fail\w*|errors?|retr\w+|try|tries|tried|times? out|timeouts?|unreachable|unavailable|wrong|reached|compensat\w*|undone|undo)\b/i.test(
    sentence,
  ) ||
  /^(?:it |the node |this |the request |the call |a request |requests (?:are|is) |calls are )?(?:is |are |will be )?(?:retr(?:y|ies|ied)|tries|try|roll(?:s|ed)? back|compensate[sd]?|attempts?|repeats?|repeated)\b/i.test(
    sentence,
  ) ||
  new RegExp(
    `^(?:[\\w'-]+ ){0,6}?(?:expires?|lives?|lasts?|stays?|remains?|vanish(?:es)?|disappears?|(?:is|are) (?:kept|valid|good|dropped|removed|deleted|discarded|forgotten|stored|held)|must (?:be gone|expire)) [^,;]*?\\b(?:for|after|within|in)? ?${time}`,
    "i",
  ).test(sentence) ||
  /\b(?:happens?|succeeds?|fails?|commits?|committed|written|done|made|takes? place|applied|run|runs)\b[^,;]*\b(?:transaction|together|atomically|all or nothing|or (?:none|neither|not at all))\b/i.test(
    sentence,
  ) ||
  /^(?:either )?(?:both|all)\b.*\b(?:or (?:neither|none|nothing))\b/i.test(sentence) ||
  /\b(?:undone|compensated|reverted|rolled back|reversed) (?:by|with|in)\b/i.test(sentence) ||
  new RegExp(`\\btimes? out\\b[^,;]*?${time}`, "i").test(sentence) ||
  /\b(?:attempts|tries|retries) (?:are|is|may be|will be)\b/i.test(sentence) ||
  /\btemporary file\b|\brenamed?\b/i.test(sentence);

/** `…: an order has an id` is two sentences; the part before the colon names no field. */
const colon_before_fields =
  /:\s+((?:an?|the|each|every|one) (?=(?:[\w-]+ ){1,3}?(?:has|have|consists? of|contains?|holds?|comprises?|carries)\b))/gi;

/** `in SQLite: url, title and tags`: the fields follow the store. */
const colon_after_store =
  /\b((?:in|into|to|from) (?:an? |the )?(?:[\w-]+ ){0,3}?(?:SQLite|PostgreSQL|Postgres|MySQL|MariaDB|MongoDB|Redis|DynamoDB|database|table(?: [a-z_]+)?)):\s+(?=(?:an? |the )?[a-z][a-z_]*(?: [a-z_]+)?(?:,| and (?:an? |the )?[a-z_]+[.;]?(?:\s|$)))(?!(?:it|first|if|when|then|only|no|none)\b)/gi;

/** Splits a contract into sentences and list items, without their final punctuation. */
export function sentencesOf(text: string): string[] {
  return splitLabelledLists(withListedLines(text))
    .replaceAll(colon_before_fields, (_, start: string) => `. ${start.charAt(0).toUpperCase()}${start.slice(1)}`)
    .replaceAll(colon_after_store, "$1 with ")
    .replaceAll(/\b(?:e\.g|i\.e|etc|vs|approx)\./gi, (match) => match.replaceAll(".", ""))
    .split(/(?<=[.!?;])\s+(?=[A-Za-z"'`-])|\n+\s*(?:[-*•]\s*)?/)
    .map((sentence) =>
      sentence
        .replaceAll(/\s+/g, " ")
        .replace(/[.;!]+$/, "")
        .trim(),
    )
    .filter((sentence) => sentence !== "" && !isPolicy(sentence));
}

/** A line that introduces a list: `A note consists of`, `The fields are`. */
const list_opening =
  /\b(?:consists? of|made (?:up )?of|composed of|has|have|holds?|carr(?:y|ies)|takes?|needs?|contains?|includes?|are|following|follows)$/i;

/** Splits `Parameters: a, the first; b, the second` at its semicolons and repeats the label. */
const splitLabelledLists = (text: string): string =>
  text.replaceAll(
    /(^|[.!?]\s+|\n)((?:(?:required|optional|input|request|event|its|the|all) )*(?:fields?|inputs?|parameters?|params|arguments|attributes|properties|required|optional)): ([^.!?\n]*;(?:[^.!?\n]|[.!?](?=\w))*)/gi,
    (_, before: string, label: string, list: string) =>
      before +
      list
        .split(/;\s+(?![^(]*\))/)
        .map((part) => `${label}: ${part.replace(/^and\s+/i, "")}`)
        .join(". "),
  );

const bullet = /^\s*(?:[-*•]|\d+[.)])\s+/;

/** Labels each line of a list: below `Input fields:`, every line is a field. */
function withListedLines(text: string): string {
  let label: string | undefined;
  const lines = text.split("\n").map((line) => {
    if (!bullet.test(line)) {
      const head = line.trim();
      if (head !== "") label = head.endsWith(":") || list_opening.test(head) ? head : undefined;
      return line;
    }
    if (label === undefined || /\b(?:operations?|actions?|methods?|steps?|rules?|this order|supports?)\b/i.test(label))
      return line;
    const is_output = /\b(?:outputs?|returns?|results?|response)\b/i.test(label);
    const is_input =
      /\b(?:fields?|inputs?|parameters?|arguments?|propert(?:y|ies)|attributes?|columns?|takes?|has|have|contains?|carr(?:y|ies)|needs?|given|consists?|made|payload|body|events?|records?|accepts?|receives?|requires?|values?|with)\b/i.test(
        label,
      );
    if (!is_output && !is_input) return line;
    return line.replace(bullet, is_output ? "Outputs: " : /\boptional\b/i.test(label) ? "Optional fields: " : "Fields: ");
  });
  return lines.join("\n");
}
