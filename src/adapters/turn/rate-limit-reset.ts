import type { Fields } from "./untyped-json.ts";

const unit_ms: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Longest wait that is believed; what is beyond it is no limit of a rate. */
const max_ms = 8 * 86_400_000;

/**
 * When a limited endpoint may be asked again, in milliseconds since 1970: from its headers, else from the words of the
 * agent's message. Undefined where neither tells.
 */
export function rateLimitReset(message: string, headers: Fields = {}, now: number = Date.now()): number | undefined {
  const found = fromHeaders(headers, now) ?? fromSpan(message, now) ?? fromStamp(message) ?? fromClock(message, now);
  return found === undefined || found > now + max_ms ? undefined : Math.max(found, now);
}

function fromHeaders(headers: Fields, now: number): number | undefined {
  const all = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
  const after = all.get("retry-after");
  if (after !== undefined) return /^\d+(\.\d+)?$/.test(after) ? now + Number(after) * 1000 : valid(Date.parse(after));
  const ms = all.get("retry-after-ms");
  if (ms !== undefined && /^\d+$/.test(ms)) return now + Number(ms);
  const stamps = [...all]
    .filter(([name]) => /ratelimit.*-reset$/.test(name))
    .flatMap(([, value]) => fromReset(value, now) ?? []);
  return stamps.length === 0 ? undefined : Math.max(...stamps);
}

/** A reset header: a time, seconds since 1970, seconds from now, or a span such as `6m0s`. */
function fromReset(value: string, now: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) > 1e9 ? Number(value) * 1000 : now + Number(value) * 1000;
  return spanOf(value) === undefined ? valid(Date.parse(value)) : now + (spanOf(value) ?? 0);
}

/** "try again in 1h 5m", "retry after 20 seconds", `"retryDelay": "34.07s"`. */
function fromSpan(message: string, now: number): number | undefined {
  const said =
    /(?:again|retry(?:ing)?|resets?|wait)[ a-z]{0,12}?(?:in|after|for)\s+((?:\d[\d.]*\s*[a-z]+[\s,]*(?:and\s+)?)+)/i.exec(
      message,
    );
  const field = /retry-?_?(?:delay|after)"?[:=]\s*"?(\d[\d.]*\s*(?:ms|s)?)\b/i.exec(message);
  const span = spanOf(said?.[1] ?? "") ?? spanOf(field?.[1]?.replace(/\d$/, "$&s") ?? "");
  return span === undefined ? undefined : now + span;
}

/** Milliseconds of "1h5m", "2 hours 5 minutes", "350ms". */
function spanOf(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*(ms|millis[a-z]*|d|h|m|s)(?:[a-z]*)/gi)];
  if (parts.length === 0) return undefined;
  return parts.reduce((sum, [, count, unit = "s"]) => {
    const name = unit.toLowerCase().startsWith("mi") && unit.length > 2 ? "ms" : unit.toLowerCase();
    return sum + Number(count) * (unit_ms[name] ?? 1000);
  }, 0);
}

/** "limit reached|1795274000", or a time as ISO 8601. */
function fromStamp(message: string): number | undefined {
  const seconds = /\|(\d{10})\b/.exec(message)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1000;
  const iso = /\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)/.exec(message)?.[0];
  return iso === undefined ? undefined : valid(Date.parse(iso));
}

/** "resets 3pm (Europe/Berlin)", "try again at 15:45": the next time that a clock shows this. */
function fromClock(message: string, now: number): number | undefined {
  const said = /(?:resets?|again)(?: at)?\s+(\d{1,2})(?::(\d\d))?\s*(am|pm)?\b(?:\s*\(([A-Za-z_]+(?:\/[A-Za-z_]+)*)\))?/i.exec(
    message,
  );
  if (said === null || (said[2] === undefined && said[3] === undefined)) return undefined;
  const half = said[3]?.toLowerCase();
  const hour = half === undefined ? Number(said[1]) : (Number(said[1]) % 12) + (half === "pm" ? 12 : 0);
  const shown = clockAt(now, said[4]);
  if (hour > 23 || shown === undefined) return undefined;
  const minutes = (hour * 60 + Number(said[2] ?? 0) - shown.minutes + 1440) % 1440;
  return now - (now % 60_000) + (minutes === 0 ? 1440 : minutes) * 60_000;
}

/** Minutes since midnight in a time zone; that of this machine where none is named. */
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
    // No such zone.
    return undefined;
  }
}

const valid = (time: number): number | undefined => (Number.isNaN(time) ? undefined : time);
