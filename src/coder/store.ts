import type { NodeType, RetryDesign, StoreDesign } from "./design.ts";
import { snake } from "./words.ts";

/** Services without a driver that a contract may name. */
const other_services =
  /\b(MySQL|MariaDB|MongoDB|DynamoDB|Cassandra|Elasticsearch|OpenSearch|Kafka|RabbitMQ|NATS|SQS|SNS|S3|GCS|BigQuery|Snowflake|Neo4j|Firestore|Memcached|MQTT|SMTP|IMAP|FTP|SFTP|LDAP|Slack|Twilio|SendGrid|Stripe|PayPal|Pub\/Sub|InfluxDB|ClickHouse)\b/i;

/** Reads the store from a contract. `plural_entity` names the table if the contract does not. */
export function readStore(text: string, node_type: NodeType, plural_entity: string): StoreDesign {
  const table = tableOf(text);
  const named = { table: table ?? plural_entity };
  const is_remote = /\b(?:over|via|by|through|using|with) (?:an? |the )?(?:HTTPS?|REST)\b/i.test(text);
  // Compute nodes and local orchestrators have no store, even if the contract mentions one.
  if (node_type === "Compute" || (node_type === "Orchestrator" && !is_remote)) return { kind: "none", label: "", ...named };
  if (/\bpostgres(?:ql)?\b/i.test(text)) return { kind: "postgres", label: "PostgreSQL", ...named };
  if (/\bsqlite\b/i.test(text)) return { kind: "sqlite", label: "SQLite", ...named };
  if (/\bredis\b/i.test(text)) return { kind: "redis", label: "Redis", ...named };
  if (node_type === "Reducer") return { kind: "none", label: "", ...named };
  const url = text.match(/\bhttps?:\/\/[^\s"'`),]+[^\s"'`),.]/i)?.[0];
  const route = text.match(/\b(GET|POST|PUT|PATCH|DELETE)\s+(\/[\w\-./{}:]*)/);
  const service = text.match(other_services)?.[1];
  if (
    url !== undefined ||
    route !== null ||
    /\b(?:https?|rest|web ?hooks?|graphql|(?:web|external|remote|third-party|public) (?:api|service)|(?:the|an?|via) [\w-]+(?: [\w-]+)? api)\b/i.test(
      text,
    )
  ) {
    const http: NonNullable<StoreDesign["http"]> = {};
    const method = route?.[1] ?? text.match(/\b(GET|POST|PUT|PATCH|DELETE)\b(?: request)?/)?.[1];
    if (method !== undefined) http.method = method;
    if (url !== undefined) http.url = url;
    if (route?.[2] !== undefined) http.path = route[2].replace(/[.:]$/, "");
    return { kind: "http", label: service === undefined ? "HTTP" : `the ${service} API`, ...named, http };
  }
  if (service !== undefined) return { kind: "none", label: service, ...named };
  const file = text.match(
    /\b(?:an? |the |to |from |into )(?:\w+ )?(csv|jsonl?|json lines|text|log|local)?\s*file(?: (?:system|named|called))?\b/i,
  );
  const path = text.match(/(?:^|\s)["'`]?((?:\.{0,2}\/)?[\w./-]+\.(?:csv|jsonl|ndjson|json|log|txt))\b/i)?.[1];
  const is_disk =
    /\b(?:local|hard) (?:disk|drive|file ?system)\b|\b(?:on|to|from) (?:the )?disk\b|\b(?:local|the) file ?system\b/i.test(
      text,
    );
  if (
    path !== undefined ||
    is_disk ||
    (file !== null && /\b(?:csv|jsonl?|json lines|local|log) files?\b|\b(?:in|to|into|from) an? (?:\w+ )?file\b/i.test(text))
  ) {
    const format = /\bcsv\b/i.test(text) ? "csv" : "jsonl";
    return {
      kind: "file",
      label: format === "csv" ? "a CSV file" : "a file",
      ...named,
      format,
      ...(path === undefined ? {} : { path }),
    };
  }
  return { kind: "none", label: "", ...named };
}

/** Returns the table that a contract names: `users table`, `table "users"`. */
export function tableOf(text: string): string | undefined {
  const name =
    text.match(/\btables? (?:named|called) ["'`]?([A-Za-z_]\w*)/i)?.[1] ??
    text.match(/\btable ["'`]([A-Za-z_]\w*)["'`]/i)?.[1] ??
    text.match(/\btable ([a-z]\w*_\w+)\b/)?.[1] ??
    text.match(/\(table:? ([a-z]\w*)\)/i)?.[1] ??
    text.match(/["'`]?\b([A-Za-z_]\w*)\b["'`]? table\b/i)?.[1];
  if (
    name === undefined ||
    /^(?:an?|the|this|that|its|database|postgres(?:ql)?|sqlite|sql|same|one|each|hash|lookup)$/i.test(name)
  )
    return undefined;
  return snake(name);
}

const numbers: Readonly<Record<string, number>> = {
  once: 1,
  twice: 2,
  thrice: 3,
  a: 1,
  an: 1,
  half: 0.5,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  twelve: 12,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
  sixty: 60,
  ninety: 90,
};

const numberOf = (word: string | undefined): number | undefined =>
  word === undefined ? undefined : (numbers[word.toLowerCase()] ?? (Number.isFinite(Number(word)) ? Number(word) : undefined));

const count_words = "(\\d+|once|twice|thrice|one|two|three|four|five|six|seven|eight|nine|ten)";
const trying_words =
  "(?:retr(?:y|ies|ied|ying)|(?:try|tries|tried|trying|attempt(?:s|ed)?|repeat(?:s|ed)?)(?: it| the (?:call|request|write|operation))?(?: again| once more)?)";
const at_most_words = "(?:up to|at most|no more than|not more than|max(?:imum)?(?: of)?|a maximum of|as many as)";

/** Reads retries, if the contract asks for them; `is_counted` is false if it does not say how many. */
export function readRetry(text: string): (RetryDesign & { is_counted: boolean }) | undefined {
  if (/\b(?:without|no|never) retr(?:y|ies|ying)\b|\b(?:is|are) not retried\b/i.test(text)) return undefined;
  const find = (pattern: string): number | undefined => numberOf(text.match(new RegExp(pattern, "i"))?.[1]);
  const is_asked = /\bretr(?:y|ies|ied|ying)\b|\bbackoff\b|\b(?:try|tries|tried|trying) (?:it )?(?:again|once more)\b/i.test(
    text,
  );
  const times = "(?! (?:ms|s|sec|seconds?|milliseconds?|minutes?)\\b)";
  const again =
    find(`\\b${trying_words}\\b[^.;]{0,60}?\\b(?:${at_most_words} )?${count_words}\\b(?: more)?(?: times)?${times}`) ??
    find(`\\b${count_words} (?:\\w+ )?(?:retries|times)\\b`);
  const total =
    find(`\\b${count_words} (?:\\w+ )?(?:attempts|tries)\\b`) ??
    find(`\\b(?:tries|tried|attempted|attempts|try)(?: it)? (?:${at_most_words} )?${count_words} times\\b`);
  const is_total =
    total !== undefined &&
    !/\bretr(?:y|ies) attempts\b|\b(?:further|more|additional|extra|other) (?:attempts|tries)\b/i.test(text);
  const is_repeated = again !== undefined && /\brepeat(?:s|ed)?\b/i.test(text);
  if (!is_asked && !is_repeated && total === undefined) return undefined;
  const retries = is_total ? Math.max(total - 1, 0) : (total ?? again);
  const delay = text.match(
    /\b(?:backoff|delay|wait(?:ing|s)?|starting|every|interval|apart|pause)\b[^.;,]{0,30}?(\d+(?:\.\d+)?|an?|one|two|five|ten) ?(ms|milliseconds?|s|sec|seconds?|minutes?)\b/i,
  );
  const delay_seconds = delay === null ? 0.5 : seconds(numberOf(delay[1]) ?? 1, delay[2] ?? "s");
  const backoff = /\bexponential|\bdoubl(?:e|es|ing)\b[^.;]*\b(?:wait|delay|pause)/i.test(text)
    ? "exponential"
    : /\blinear/i.test(text)
      ? "linear"
      : /\bbackoff\b|\bback(?:s|ing)? off\b/i.test(text)
        ? "exponential"
        : "constant";
  return { retries: retries ?? 3, delay_seconds, backoff, is_counted: retries !== undefined };
}

const amount_words =
  "(\\d+(?:\\.\\d+)?(?=[ -]?)|(?:half an?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|sixty|ninety)(?=[ -]))";
const time_unit = "(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?|weeks?|months?|years?)";

/** Reads the time to live, if the contract asks for one; `seconds` is undefined if it gives no number. */
export function readTtl(text: string): { seconds: number | undefined } | undefined {
  const lifetime_words =
    "(?:ttl|time[- ]to[- ]live|expir(?:es?|ed|y|ing|ation)|valid|liv(?:es?|ing)|lasts?|(?:cach|stor|keep|kept|hold|held|sav|remember|stay|remain)\\w*\\b[^.;]{0,60}?\\b(?:for|up to)|" +
    "(?:drop|remov|delet|discard|forgot|forget|evict|gone|disappear|vanish|purg)\\w*\\b[^.;]{0,30}?\\bafter|after which|(?:sessions?|entr(?:y|ies)|tokens?|codes?|locks?|it|they|keys?|values?) times? out|older than|lifetime|retention|goes away after)";
  const found =
    text.match(new RegExp(`\\b${lifetime_words}\\b(?!-)[^.;\\d]{0,24}?\\b${amount_words}[ -]?${time_unit}\\b`, "i")) ??
    text.match(new RegExp(`\\b${amount_words}[ -]?${time_unit}\\b[ -](?:ttl|time[- ]to[- ]live|expir|lifetime)`, "i"));
  if (found !== null) {
    const number = /^half/i.test(found[1] ?? "") ? 0.5 : (numberOf(found[1]) ?? 1);
    return { seconds: seconds(number, found[2] ?? "s") };
  }
  return /\bwith (?:an? )?(?:\w+ )?(?:ttl|time[- ]to[- ]live|expir(?:y|ation))\b/i.test(text)
    ? { seconds: undefined }
    : undefined;
}

/** Reads the timeout of one call in seconds, if the contract names one. */
export function readTimeout(text: string): number | undefined {
  const named =
    text.match(/\btime(?:s )?out\b[^.;\d]{0,20}(\d+(?:\.\d+)?) ?(ms|milliseconds?|s|secs?|seconds?|minutes?)\b/i) ??
    text.match(/(\d+(?:\.\d+)?)[ -]?(ms|milliseconds?|s|secs?|seconds?|minutes?) time ?out\b/i);
  return named === null ? undefined : seconds(Number(named[1]), named[2] ?? "s");
}

/** Returns whether the contract asks for a transaction. */
export const asksForTransaction = (text: string): boolean =>
  /\b(?:in|within|inside|using|with|as) (?:an? |one |the same |a single |single )?(?:database |db |atomic )?transactions?\b|\btransactional(?:ly)?\b|\batomic(?:ally)?\b|\ball or nothing\b|\bboth or neither\b|\bor (?:not at all|none of (?:them|it)|neither)\b|\b(?:succeed|happen|fail|commit)\w* (?:or fail )?together\b/i.test(
    text,
  );

function seconds(amount: number, unit: string): number {
  if (/^m(?:s|illi)/i.test(unit)) return amount / 1000;
  if (/^mo/i.test(unit)) return amount * 2_592_000;
  if (/^y/i.test(unit)) return amount * 31_536_000;
  if (/^m/i.test(unit)) return amount * 60;
  if (/^h/i.test(unit)) return amount * 3600;
  if (/^d/i.test(unit)) return amount * 86_400;
  if (/^w/i.test(unit)) return amount * 604_800;
  return amount;
}
