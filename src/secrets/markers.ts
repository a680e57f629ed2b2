/**
 * What every match of secretlint's rules holds: a text without a marker holds nothing that they would find. Scanning for
 * these costs 2 ms a megabyte, the rules 12; and where there is none, the rules are not even loaded. Several expressions
 * that each start with a rare character are much faster than one that starts with any.
 */
const markers: readonly RegExp[] = [
  // A letter or two, then a sign: the tokens of most vendors.
  /[_\-.](?:(?<=(?<![A-Za-z])(?:(?:npm|gh[pour]|github_pat|shp(?:pa|ca|at|ss)|[sr]k_(?:live|test)|glc|glsa|gsk|hf|lin_api|ntn|ops|vc[piark]|dckr_pat|figd|cf(?:k|ut|at))_|(?:glpat|sk-ant)-|hv[sbr]\.))[\w+/-]{20}|(?<=(?<![A-Za-z])(?:ghs_|(?:xox[bpaor]|xapp|tskey)-|SG\.))[\w.-]{3})/g,
  // AWS: the ids of keys, the keys, the numbers of accounts.
  /A(?:3T[A-Z0-9]|KIA|GPA|IDA|ROA|IPA|NPA|NVA|SIA)[A-Z0-9]{16}/g,
  /(?:ccess|CCESS)_?(?:[Kk]ey|KEY)["']?\s*(?::|=)/g,
  /(?:count|COUNT)_?(?:ID|[Ii]d)?["']?\s*(?::|=>|=)\s*["']?[0-9]{4}/g,
  // URLs with a password; Slack's web hooks.
  /:\/\/[^:/\s]{1,256}:[^@/\s]{1,256}@/g,
  /\/[Ss][Ee][Rr][Vv][Ii][Cc][Ee][Ss]\/[Tt]/g,
  /-----BEGIN[^-]{0,24}PRIVATE KEY|BlbkFJ|:x-oauth-basic@|_authToken=/g,
  /dapi[A-Fa-f0-9]{32}/g,
];

/** All of them at once: for texts so short that to begin counts for more than to go on. */
const any_marker = new RegExp(markers.map(({ source }) => source).join("|"));
const short = 400;

/** How far a secret may reach before and after its marker. The longest are a private key and an app's token of GitHub. */
export const reach = 16 * 1024;

/** Whether a text may hold a secret that the rules find. */
export function hasMarker(text: string): boolean {
  // Unlike `test`, `search` leaves nothing behind in the expression.
  return text.length < short ? any_marker.test(text) : markers.some((marker) => text.search(marker) !== -1);
}

/** The parts of a text, in order, that hold all that the rules would find in it. */
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
