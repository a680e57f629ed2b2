import { describe, expect, test } from "vitest";
import { rateLimitReset } from "../../../src/adapters/turn/rate-limit-reset.ts";

const now = Date.parse("2026-11-21T12:00:30.000Z");
const minute = 60_000;

describe("the reset time of a rate limit", () => {
  test.each([
    ["try again in 20s", 20_000],
    ["Please retry after 1 minute.", minute],
    ["Please try again in 6m0s.", 6 * minute],
    ["Rate limit reached. Please try again in 1h5m", 65 * minute],
    ["try again in 2 hours 5 minutes", 125 * minute],
    ["You've hit your usage limit. Try again in 3 days 2 hours and 1 minute.", (3 * 1440 + 121) * minute],
    ["Please try again in 350ms", 350],
    ["try again in 1.5 seconds", 1500],
    ['{"retryDelay": "34.5s"}', 34_500],
    ["Retrying in 8 seconds", 8000],
    ["limit reached|1795262490", 1795262490_000 - now],
    ["resets at 2026-11-21T12:10:30Z", 10 * minute],
    ["Your limit resets 3pm (UTC)", 3 * 60 * minute - 30_000],
    ["Your limit resets 2:30pm (Europe/Berlin)", 90 * minute - 30_000],
    ["Your limit resets 11am (UTC)", 23 * 60 * minute - 30_000],
  ])("%s", (message, after) => {
    expect(rateLimitReset(message, {}, now)).toBe(now + after);
  });

  test.each([
    [{ "retry-after": "7" }, 7000],
    [{ "Retry-After": "Sat, 21 Nov 2026 12:01:30 GMT" }, minute],
    [{ "retry-after-ms": "900" }, 900],
    [
      {
        "anthropic-ratelimit-requests-reset": "2026-11-21T12:02:30Z",
        "anthropic-ratelimit-tokens-reset": "2026-11-21T12:01:30Z",
      },
      2 * minute,
    ],
    [{ "x-ratelimit-reset": "1795262490" }, 1795262490_000 - now],
    [{ "x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-reset": "5" }, 5000],
  ])("%j", (headers, after) => {
    expect(rateLimitReset("", headers, now)).toBe(now + after);
  });

  test.each([
    "Too many requests",
    "exceeded retry limit, last status: 429 Too Many Requests",
    "retry-after: soon",
    "I will not try again",
    "resets 99:99",
    "try again in 4000 days",
    "resets 3pm (Nowhere/Land)",
  ])("is unknown for: %s", (message) => {
    expect(rateLimitReset(message, {}, now)).toBeUndefined();
  });

  test("is now if the stated time has passed", () => {
    expect(rateLimitReset("resets at 2026-11-21T11:00:00Z", {}, now)).toBe(now);
  });
});
