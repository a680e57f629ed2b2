/**
 * Every match of secretlint's rules contains one of these markers, so a text without a marker needs no rules. Scanning for
 * markers takes 2 ms per megabyte, the rules 12 ms; and without a marker the rules are not even loaded. Several expressions
 * that each start with a rare character are much faster than one that starts with any character.
 */
const markers: readonly RegExp[] = [
  // A short prefix and a sign: the tokens of most vendors.
  /[_\-.](?:(?<=(?<![A-Za-z])(?:(?:npm|gh[pour]|github_pat|shp(?:pa|ca|at|ss)|[sr]k_(?:live|test)|glc|glsa|gsk|hf|lin_api|ntn|ops|vc[piark]|dckr_pat|figd|cf(?:k|ut|at))_|(?:glpat|sk-ant)-|hv[sbr]\.))[\w+/-]{20}|(?<=(?<![A-Za-z])(?:ghs_|(?:xox[bpaor]|xapp|tskey)-|SG\.))[\w.-]{3})/g,
  // AWS: key ids, keys, account numbers.
  /A(?:3T[A-Z0-9]|KIA|GPA|IDA|ROA|IPA|NPA|NVA|SIA)[A-Z0-9]{16}/g,
  /(?:ccess|CCESS)_?(?:[Kk]ey|KEY)["']?\s*(?::|=)/g,
  /(?:count|COUNT)_?(?:ID|[Ii]d)?["']?\s*(?::|=>|=)\s*["']?[0-9]{4}/g,
  // URLs with a password; Slack webhooks.
  /:\/\/[^:/\s]{1,256}:[^@/\s]{1,256}@/g,
  /\/[Ss][Ee][Rr][Vv][Ii][Cc][Ee][Ss]\/[Tt]/g,
  /-----BEGIN[^-]{0,24}PRIVATE KEY|BlbkFJ|:x-oauth-basic@|_authToken=/g,
  /dapi[A-Fa-f0-9]{32}/g,
];

/** All markers in one expression: in short texts, starting eight searches costs more than one slower search. */
const any_marker = new RegExp(markers.map(({ source }) => source).join("|"));
const max_short_length = 400;

/** How far a secret can extend before and after its marker. The longest are private keys and tokens of GitHub apps. */
export const reach = 16 * 1024;

/** Whether a text may contain a secret that the rules find. */
export function hasMarker(text: string): boolean {
  // Unlike `test`, `search` keeps no state in the expression.
  return text.length < max_short_length ? any_marker.test(text) : markers.some((marker) => text.search(marker) !== -1);
}

/** Returns the parts of a text, in order, that together contain everything the rules can find in it. */
export function windowsIn(text: string): [from: number, to: number][] {
  const offsets: number[] = [];
  for (const marker of markers) for (const { index } of text.matchAll(marker)) offsets.push(index);
  const windows: [from: number, to: number][] = [];
  for (const offset of offsets.sort((a, b) => a - b)) {
    const last = windows.at(-1);
    const to = Math.min(text.length, offset + reach);
    if (last !== undefined && offset - reach <= last[1]) last[1] = to;
    else windows.push([Math.max(0, offset - reach), to]);
  }
  return windows;
}
