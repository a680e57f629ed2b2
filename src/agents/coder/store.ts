import type { RetryDesign, StoreDesign } from "./design.ts";
import { snake } from "./words.ts";

/** Services that a contract may name and that no driver is written for here. */
const other_services =
  /\b(MySQL|MariaDB|MongoDB|DynamoDB|Cassandra|Elasticsearch|OpenSearch|Kafka|RabbitMQ|NATS|SQS|SNS|S3|GCS|BigQuery|Snowflake|Neo4j|Firestore|Memcached|MQTT|SMTP|IMAP|FTP|SFTP|LDAP|Slack|Twilio|SendGrid|Stripe|PayPal|Pub\/Sub|InfluxDB|ClickHouse)\b/i;

/** Where the contract says that data lives. `entity` names the table where the contract does not. */
export function readStore(text: string, plural_entity: string): StoreDesign {
  const table = tableOf(text);
  const named = { table: table ?? plural_entity };
  if (/\bpostgres(?:ql)?\b/i.test(text)) return { kind: "postgres", label: "PostgreSQL", ...named };
  if (/\bsqlite\b/i.test(text)) return { kind: "sqlite", label: "SQLite", ...named };
  if (/\bredis\b/i.test(text)) return { kind: "redis", label: "Redis", ...named };
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
  if (
    path !== undefined ||
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

/** The table that a contract names: `users table`, `table "users"`. */
export function tableOf(text: string): string | undefined {
  const name =
    text.match(/\btables? (?:named|called) ["'`]?([A-Za-z_]\w*)/i)?.[1] ??
    text.match(/\btable ["'`]([A-Za-z_]\w*)["'`]/i)?.[1] ??
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
};

const numberOf = (word: string | undefined): number | undefined =>
  word === undefined ? undefined : (numbers[word.toLowerCase()] ?? (Number.isFinite(Number(word)) ? Number(word) : undefined));

/** Retries, if the contract asks for them; `is_counted` tells whether it says how many. */
export function readRetry(text: string): (RetryDesign & { is_counted: boolean }) | undefined {
  if (!/\bretr(?:y|ies|ied|ying)\b|\bbackoff\b/i.test(text)) return undefined;
  if (/\b(?:without|no|never) retr(?:y|ies|ying)\b/i.test(text)) return undefined;
  const number = "(\\d+|once|twice|thrice|one|two|three|four|five|six|seven|eight|nine|ten)";
  const count =
    text.match(
      new RegExp(
        `\\bretr(?:y|ies|ied|ying)\\b[^.;]{0,60}?\\b(?:up to |at most |max(?:imum)?(?: of)? )?${number}\\b(?: times)?(?! (?:ms|s|sec|seconds?|milliseconds?|minutes?)\\b)`,
        "i",
      ),
    )?.[1] ?? text.match(new RegExp(`\\b${number} (?:\\w+ )?(?:retries|times)\\b`, "i"))?.[1];
  const attempts = text.match(new RegExp(`\\b${number} (?:\\w+ )?attempts\\b`, "i"))?.[1];
  const from_attempts = numberOf(attempts);
  const is_attempts = from_attempts !== undefined && !/\bretr(?:y|ies) attempts\b/i.test(text);
  const retries = is_attempts ? Math.max(from_attempts - 1, 0) : (from_attempts ?? numberOf(count));
  const delay = text.match(
    /\b(?:backoff|delay|wait(?:ing|s)?|starting|every|interval|apart)\b[^.;,]{0,30}?(\d+(?:\.\d+)?) ?(ms|milliseconds?|s|sec|seconds?|minutes?)\b/i,
  );
  const delay_seconds = delay === null ? 0.5 : seconds(Number(delay[1]), delay[2] ?? "s");
  const backoff = /\bexponential/i.test(text)
    ? "exponential"
    : /\blinear/i.test(text)
      ? "linear"
      : /\bbackoff\b/i.test(text)
        ? "exponential"
        : "constant";
  return { retries: retries ?? 3, delay_seconds, backoff, is_counted: retries !== undefined };
}

/** How long entries live, if the contract says it; `asked` without a number is an open point. */
export function readTtl(text: string): { seconds: number | undefined } | undefined {
  const named =
    text.match(
      /\b(?:ttl|time[- ]to[- ]live|expir(?:es?|y|ing|ation)|valid|lives?|lasts?|for|after)\b[^.;\d]{0,24}(\d+(?:\.\d+)?)[ -]?(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?|weeks?)\b/i,
    ) ??
    text.match(
      /(\d+(?:\.\d+)?)[ -]?(ms|milliseconds?|s|secs?|seconds?|mins?|minutes?|hours?|days?|weeks?)\b[ -](?:ttl|time[- ]to[- ]live|expir)/i,
    );
  const asks = /\bttl\b|\btime[- ]to[- ]live\b|\bexpir(?:es?|y|ing|ation)\b[^.;]{0,40}\d|\bexpires? after\b/i.test(text);
  const caches_for = /\b(?:cach|stor|keep|kept|valid)\w*\b[^.;]*\bfor \d/i.test(text);
  if (!asks && !caches_for) return undefined;
  return { seconds: named === null ? undefined : seconds(Number(named[1]), named[2] ?? "s") };
}

/** The longest time of one call, if the contract says it. */
export function readTimeout(text: string): number | undefined {
  const named =
    text.match(/\btime(?:s )?out\b[^.;\d]{0,20}(\d+(?:\.\d+)?) ?(ms|milliseconds?|s|secs?|seconds?|minutes?)\b/i) ??
    text.match(/(\d+(?:\.\d+)?)[ -]?(ms|milliseconds?|s|secs?|seconds?|minutes?) time ?out\b/i);
  return named === null ? undefined : seconds(Number(named[1]), named[2] ?? "s");
}

/** Whether everything has to happen or nothing. */
export const asksForTransaction = (text: string): boolean =>
  /\b(?:in|within|inside|using|with|as) (?:an? |one |the same |a single |single )?(?:database |db |atomic )?transactions?\b|\btransactional(?:ly)?\b|\batomic(?:ally)?\b/i.test(
    text,
  );

function seconds(amount: number, unit: string): number {
  if (/^m(?:s|illi)/i.test(unit)) return amount / 1000;
  if (/^m/i.test(unit)) return amount * 60;
  if (/^h/i.test(unit)) return amount * 3600;
  if (/^d/i.test(unit)) return amount * 86_400;
  if (/^w/i.test(unit)) return amount * 604_800;
  return amount;
}
