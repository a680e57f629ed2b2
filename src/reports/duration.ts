const units = [
  { name: "d", part: "h", seconds: 86_400, parts: 3600 },
  { name: "h", part: "min", seconds: 3600, parts: 60 },
  { name: "min", part: "s", seconds: 60, parts: 1 },
] as const;

/** Formats a duration with SI units: `12 ms`, `3.4 s`, `2 min 5 s`, `1 h 3 min`, `2 d 3 h`. */
export function showDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : showElapsed(Math.round(ms / 1000) * 1000);
}

/** Formats a duration in whole seconds, for a running clock: `0 s`, `12 s`, `2 min 5 s`. */
export function showElapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  for (const { name, part, seconds, parts } of units) {
    if (total >= seconds) return `${Math.floor(total / seconds)} ${name} ${Math.floor((total % seconds) / parts)} ${part}`;
  }
  return `${total} s`;
}

/** Formats an estimate in coarse steps: `8 s`, `25 s`, `4 min 30 s`, `1 h 10 min`. */
export function showEstimate(ms: number): string {
  const seconds = ms / 1000;
  const step = seconds <= 10 ? 1 : seconds <= 60 ? 5 : seconds <= 600 ? 30 : seconds <= 3600 ? 60 : 600;
  return showElapsed(Math.ceil(seconds / step) * step * 1000);
}

/** Formats the time between two ISO 8601 times, or 0 ms if they are the wrong way round. */
export const showBetween = (from: string, to: string): string => showDuration(Math.max(0, Date.parse(to) - Date.parse(from)));

/** Formats a delay for use in a sentence: `in 1.2 s`, or `now` below 50 ms. */
export function showDelay(ms: number): string {
  return ms < 50 ? "now" : `in ${showDuration(ms)}`;
}
