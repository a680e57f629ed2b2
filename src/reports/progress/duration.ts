const units = [
  { name: "d", part: "h", seconds: 86_400, parts: 3600 },
  { name: "h", part: "m", seconds: 3600, parts: 60 },
  { name: "m", part: "s", seconds: 60, parts: 1 },
] as const;

/** Whole seconds as `12s`, `3m 05s`, `1h 02m`, `2d 03h`: at most seven characters, so that columns stand. */
export function formatElapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  for (const { name, part, seconds, parts } of units) {
    if (total < seconds) continue;
    const rest = Math.floor((total % seconds) / parts);
    return `${Math.floor(total / seconds)}${name} ${String(rest).padStart(2, "0")}${part}`;
  }
  return `${total}s`;
}

/** The same, exact where it is short: `36ms`, `12.3s`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  return ms < 59_950 ? `${(ms / 1000).toFixed(1)}s` : formatElapsed(Math.round(ms / 1000) * 1000);
}

/** A guess, in steps that do not pretend to know more: `8s`, `25s`, `4m 30s`, `1h 10m`. */
export function formatRough(ms: number): string {
  const seconds = ms / 1000;
  const step = seconds <= 10 ? 1 : seconds <= 60 ? 5 : seconds <= 600 ? 30 : seconds <= 3600 ? 60 : 600;
  return formatElapsed(Math.ceil(seconds / step) * step * 1000);
}

/** A delay as part of a sentence: `in 1.2s`, or `now`. */
export function formatDelay(ms: number): string {
  return ms < 50 ? "now" : `in ${formatDuration(ms)}`;
}
