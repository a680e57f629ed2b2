/** A file with the score of its path for a text. Scores are only comparable with each other. */
export interface Scored {
  file: string;
  score: number;
}

/** Minimum score of a file that is named outright. Words alone never reach it. */
const named_score = 200;

/** Whether the text names the file outright. */
export const isNamed = ({ score }: Scored): boolean => score >= named_score - 1;

/** Words that do not identify a file. */
const common = new Set(
  (
    "a an and are as at be but by can do does for from has have how if in into is it its make more must new no not of on or out " +
    "so that the their then there these they this to use used uses using was we what when where which who why will with you " +
    "add all any build change check code create each file files find fix folder get implement improve it its list look my " +
    "need please project read run set should show some src test tests update want write"
  ).split(" "),
);

/**
 * Ranks files by how well their paths match a text, best first: files that it names outright, then files whose names and
 * folders share its words and identifiers. Rare words count more.
 */
export function rankFiles(text: string, files: readonly string[], max_files: number): Scored[] {
  const wanted = new Set(wordsOf(text).filter((word) => !common.has(word)));
  const named = new Set(text.match(/[\w@.-]*[\w/@.-]*\.\w{1,6}\b/g) ?? []);
  if (wanted.size === 0 && named.size === 0) return [];
  const frequency = new Map<string, number>();
  const candidates: { file: string; name: ReadonlySet<string>; folders: ReadonlySet<string> }[] = [];
  for (const file of files) {
    const cut = file.lastIndexOf("/") + 1;
    const base = file.slice(cut);
    const name = new Set(wordsOf(base.replace(/\.\w+$/, "")).filter((word) => wanted.has(word)));
    const folders = new Set(wordsOf(file.slice(0, cut)).filter((word) => wanted.has(word)));
    if (name.size + folders.size === 0 && !named.has(base)) continue;
    for (const word of new Set([...name, ...folders])) frequency.set(word, (frequency.get(word) ?? 0) + 1);
    candidates.push({ file, name, folders });
  }
  const weight = (word: string): number => Math.log(1 + files.length / (frequency.get(word) ?? 1));
  const scored = candidates.map(({ file, name, folders }): Scored => {
    const base = file.slice(file.lastIndexOf("/") + 1);
    let score = 0;
    for (const word of name) score += 2 * weight(word);
    for (const word of folders) score += weight(word);
    if (named.has(file)) score += 1000;
    else if ([...named].some((one) => one.includes("/") && file.endsWith(`/${one}`))) score += 500;
    else if (named.has(base)) score += named_score;
    // Among equal scores, short paths come first: they are nearer the root and have fewer unrelated words.
    return { file, score: score - 0.01 * file.length };
  });
  scored.sort((a, b) => b.score - a.score || (a.file < b.file ? -1 : 1));
  // The threshold is relative to the best match by words, so that a file named outright does not raise it.
  const best = scored.find(({ score }) => score < named_score)?.score ?? 0;
  return scored.slice(0, max_files).filter(({ score }) => score >= best / 3);
}

/** Splits a text or a path into lower-case words. `fooBar`, `FOO_BAR` and `foo-bar` are two words; plurals lose their `s`. */
export function wordsOf(text: string): string[] {
  return text
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1)
    .map((word) => (word.length > 3 && word.endsWith("s") && !word.endsWith("ss") ? word.slice(0, -1) : word));
}
