const units = [
  { name: "d", part: "h", seconds: 86_400, parts: 3600 },
  { name: "h", part: "min", seconds: 3600, parts: 60 },
  { name: "min", part: "s", seconds: 60, parts: 1 },
] as const;

/** A time span for people, as SI writes it: `12 ms`, `3.4 s`, `2 min 5 s`, `1 h 3 min`, `2 d 3 h`. */
export function showDuration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  return ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : showElapsed(Math.round(ms / 1000) * 1000);
}

/** The same in whole seconds, for a clock that is watched: `0 s`, `12 s`, `2 min 5 s`. */
export function showElapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  for (const { name, part, seconds, parts } of units) {
    if (total >= seconds) return `${Math.floor(total / seconds)} ${name} ${Math.floor((total % seconds) / parts)} ${part}`;
  }
  return `${total} s`;
}

/** A guess, in steps that do not pretend to know more: `8 s`, `25 s`, `4 min 30 s`, `1 h 10 min`. */
export function showRough(ms: number): string {
  const seconds = ms / 1000;
  const step = seconds <= 10 ? 1 : seconds <= 60 ? 5 : seconds <= 600 ? 30 : seconds <= 3600 ? 60 : 600;
  return showElapsed(Math.ceil(seconds / step) * step * 1000);
}

/** A delay as part of a sentence: `in 1.2 s`, or `now`. */
export function showDelay(ms: number): string {
  return ms < 50 ? "now" : `in ${showDuration(ms)}`;
}
