/** `Effect node that writes …` -> `that writes …`. */
export const withoutHead = (sentence: string): string =>
  sentence
    .replace(/^(?:an? |the )?(?:\w+ )?(?:effect|compute|reducer|orchestrator)?(?: onex)? ?node\b[,:]?\s*/i, "")
    .replace(/^(?:an? |the )?(?:effect|compute|reducer|orchestrator)\b[,:]?\s*(?=that|which|to|for)/i, "");

/** What says how the node works, and names no value: retries, lifetimes, limits of time, transactions, formulas. */
export const withoutPolicies = (text: string): string =>
  text
    .replaceAll(/,?\s*\b(?:and )?(?:with|using) (?:an? )?(?:bearer|access|oauth2?) (?:token|authentication)\b/gi, "")
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

/** The sentences of a contract and the lines of its lists, each without its end. */
export function sentencesOf(text: string): string[] {
  return text
    .replaceAll(/\b(?:e\.g|i\.e|etc|vs|approx)\./gi, (match) => match.replaceAll(".", ""))
    .split(/(?<=[.!?;])\s+(?=[A-Za-z"'`-])|\n+\s*(?:[-*•]\s*)?/)
    .map((sentence) =>
      sentence
        .replaceAll(/\s+/g, " ")
        .replace(/[.;!]+$/, "")
        .trim(),
    )
    .filter((sentence) => sentence !== "");
}
