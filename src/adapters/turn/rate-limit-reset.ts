import type { Fields } from "./untyped-json.ts";

const ms_per_unit: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longest plausible wait; a later time is not a rate limit's reset. */
const max_wait_ms = 8 * 86_400_000;

/**
 * Returns when a rate limit resets, in milliseconds since 1970: from the endpoint's headers, else from the text of the
 * agent's message. Undefined if neither states it.
 */
export function rateLimitReset(message: string, headers: Fields = {}, now: number = Date.now()): number | undefined {
  const found = fromHeaders(headers, now) ?? fromDuration(message, now) ?? fromTimestamp(message) ?? fromClock(message, now);
  return found === undefined || found > now + max_wait_ms ? undefined : Math.max(found, now);
}

function fromHeaders(headers: Fields, now: number): number | undefined {
  const all = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
  const after = all.get("retry-after");
  if (after !== undefined) return /^\d+(\.\d+)?$/.test(after) ? now + Number(after) * 1000 : validTime(Date.parse(after));
  const ms = all.get("retry-after-ms");
  if (ms !== undefined && /^\d+$/.test(ms)) return now + Number(ms);
  const resets = [...all]
    .filter(([name]) => /ratelimit.*-reset$/.test(name))
    .flatMap(([, value]) => fromReset(value, now) ?? []);
  return resets.length === 0 ? undefined : Math.max(...resets);
}

/** Parses a reset header: a date, seconds since 1970, seconds from now, or a duration such as `6m0s`. */
function fromReset(value: string, now: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) > 1e9 ? Number(value) * 1000 : now + Number(value) * 1000;
  return parseDuration(value) === undefined ? validTime(Date.parse(value)) : now + (parseDuration(value) ?? 0);
}

/** Finds "try again in 1h 5m", "retry after 20 seconds", `"retryDelay": "34.07s"`. */
function fromDuration(message: string, now: number): number | undefined {
  const match =
    /(?:again|retry(?:ing)?|resets?|wait)[ a-z]{0,12}?(?:in|after|for)\s+((?:\d[\d.]*\s*[a-z]+[\s,]*(?:and\s+)?)+)/i.exec(
      message,
    );
  const field = /retry-?_?(?:delay|after)"?[:=]\s*"?(\d[\d.]*\s*(?:ms|s)?)\b/i.exec(message);
  const duration = parseDuration(match?.[1] ?? "") ?? parseDuration(field?.[1]?.replace(/\d$/, "$&s") ?? "");
  return duration === undefined ? undefined : now + duration;
}

/** Returns the milliseconds of "1h5m", "2 hours 5 minutes" or "350ms". */
function parseDuration(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|millis[a-z]*|d|h|m|s)(?:[a-z]*)/gi)];
  if (parts.length === 0) return undefined;
  return parts.reduce((sum, [, count, unit = "s"]) => {
    const name = unit.toLowerCase().startsWith("mi") && unit.length > 2 ? "ms" : unit.toLowerCase();
    return sum + Number(count) * (ms_per_unit[name] ?? 1000);
  }, 0);
}

/** Finds "limit reached|1795274000" or an ISO 8601 time. */
function fromTimestamp(message: string): number | undefined {
  const seconds = /\|(\d{10})\b/.exec(message)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1000;
  const iso = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)/.exec(message)?.[0];
  return iso === undefined ? undefined : validTime(Date.parse(iso));
}

/** Finds "resets 3pm (Europe/Berlin)" or "try again at 15:45"; returns the next moment with that time of day. */
function fromClock(message: string, now: number): number | undefined {
  const match = /(?:resets?|again)(?: at)?\s+(\d{1,2})(?::(\d\d))?\s*(am|pm)?\b(?:\s*\(([A-Za-z_]+(?:\/[A-Za-z_]+)*)\))?/i.exec(
    message,
  );
  if (match === null || (match[2] === undefined && match[3] === undefined)) return undefined;
  const meridiem = match[3]?.toLowerCase();
  const hour = meridiem === undefined ? Number(match[1]) : (Number(match[1]) % 12) + (meridiem === "pm" ? 12 : 0);
  const clock = clockAt(now, match[4]);
  if (hour > 23 || clock === undefined) return undefined;
  const minutes = (hour * 60 + Number(match[2] ?? 0) - clock.minutes + 1440) % 1440;
  return now - (now % 60_000) + (minutes === 0 ? 1440 : minutes) * 60_000;
}

/** Returns the minutes since midnight in a time zone; the machine's own by default. */
function clockAt(now: number, zone: string | undefined): { minutes: number } | undefined {
  try {
    const options = {
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      ...(zone === undefined ? {} : { timeZone: zone }),
    } as const;
    const [hour, minute] = new Intl.DateTimeFormat("en-GB", options).format(now).split(":");
    return { minutes: Number(hour) * 60 + Number(minute) };
  } catch {
    // Unknown time zone.
    return undefined;
  }
}

const validTime = (time: number): number | undefined => (Number.isNaN(time) ? undefined : time);
