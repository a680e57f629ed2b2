/** Phrases that read like a translation, and what to write instead. See the list with `npm run phrases`. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../support/rig.ts";
import { type Prose, proseOf } from "./prose.ts";

/** Every file and folder with prose. */
export const checked_paths: readonly string[] = [
  "README.md",
  "CHANGELOG.md",
  "ARCHITECTURE.md",
  "docs/",
  "examples/",
  "schemas/",
  "package.json",
  "bin/",
  "src/",
  "test/",
  ".ci/",
];

interface Phrase {
  /** A space matches any white space, and so the end of a line. Upper and lower case count as one. */
  pattern: string;
  instead: string;
}

/** Short on purpose: habits that were frequent, not every phrase that could be better. */
const phrases: readonly Phrase[] = [
  { pattern: "mend(s|ed|ing)?", instead: "fix" },
  { pattern: "anew", instead: "again" },
  { pattern: "nobody|somebody|whoever|everybody|anybody", instead: "name the process, the user, the caller" },
  { pattern: "told(?! apart)|tells", instead: "report, print, say, return, pass" },
  {
    pattern: "stands(?! (out|still)\\b)|stood|stand (for|there|behind|in|beside|before|among|above|below)",
    instead: "is, means, appears in",
  },
  { pattern: "of a piece with", instead: "like" },
  { pattern: "(take|takes|took|taken|taking) over", instead: "reuse" },
  { pattern: "(take|takes|took|taken|taking) up", instead: "resume, recover" },
  { pattern: "(go|goes|going|went|gone) on with", instead: "resume, continue" },
  { pattern: "(go|goes|went|gone) on(?! (to|with)\\b)", instead: "continue" },
  { pattern: "put(s|ting)? (their )?names? in(to)? (the|their) place|in the place of", instead: "mask; instead of" },
  { pattern: "lest|thereof|hence|whither|so much as", instead: "plain words" },
  { pattern: "for there (is|are)|but for|that is to say", instead: "because; except; a new sentence" },
  { pattern: "com(es?|ing) about|came about", instead: "happen" },
  { pattern: "at hand", instead: "available, installed, current" },
  { pattern: "in force", instead: "current, effective" },
  { pattern: "begun by|of (its|their) own making", instead: "started by; its own" },
  { pattern: "(is|are|was|were) done with|ha(s|ve) it that", instead: "has finished; says" },
  { pattern: "as long as it takes", instead: "until it ends" },
  { pattern: "the house", instead: "dispatch, the project" },
  // Statuses that are not those of the JSON.
  { pattern: "unfinished", instead: "interrupted, or what it is" },
  { pattern: "(?<=^[\"'`]|`|[\\d}] )succeeded(?=[\"'`,;]|$)|(?<=\\d )succeeded", instead: "success" },
];

interface Exception {
  /** A file, or a folder that ends in a slash. */
  path: string;
  /** As it is in the file, in lower case. */
  phrase: string;
  reason: string;
}

/** Where a phrase is right. */
const exceptions: readonly Exception[] = [
  { path: "test/docs/phrases.ts", phrase: "*", reason: "the list itself" },
  { path: "src/coder/reading.ts", phrase: "tells", reason: "a verb of contracts that users write" },
];

/** A banned phrase in a file. */
export interface Hit {
  path: string;
  line: number;
  kind: Prose["kind"];
  phrase: string;
  instead: string;
}

const patterns = phrases.map(({ pattern, instead }) => ({
  // No part of a name: neither `all_finished` nor `take-over.test.ts` is prose.
  regexp: new RegExp(`(?<![\\w/.$-])(?:${pattern.replaceAll(" ", "\\s+")})(?![\\w/=-]|\\.\\w)`, "gi"),
  instead,
}));

/** The banned phrases in a text, in its order; `path` says what kind of file it is. */
export function hitsIn(path: string, text: string): Hit[] {
  const found = proseOf(path, text).flatMap(({ kind, start, text: prose }) =>
    patterns.flatMap(({ regexp, instead }) =>
      [...prose.matchAll(regexp)].map(({ 0: phrase, index }) => ({
        at: start + index,
        kind,
        phrase: phrase.toLowerCase().replaceAll(/\s+/g, " "),
        instead,
      })),
    ),
  );
  const lines = lineStarts(text);
  return found
    .sort((a, b) => a.at - b.at)
    .filter(({ phrase }) => !exceptions.some((one) => isUnder(path, one.path) && ["*", phrase].includes(one.phrase)))
    .map(({ at, ...hit }) => ({ path, line: lines.findLastIndex((start) => start <= at) + 1, ...hit }));
}

/** The banned phrases in the files that git knows or would add below these paths. */
export function hitsBelow(paths: readonly string[]): Hit[] {
  return filesBelow(paths).flatMap((path) => hitsIn(path, readFileSync(join(root, path), "utf8")));
}

/** Exceptions that no longer except anything, as `path: phrase`. */
export function unusedExceptions(): string[] {
  return exceptions
    .filter(({ path, phrase }) => phrase !== "*" && !filesBelow([path]).some((file) => holds(file, phrase)))
    .map(({ path, phrase }) => `${path}: ${phrase}`);
}

const holds = (file: string, phrase: string): boolean =>
  readFileSync(join(root, file), "utf8").toLowerCase().replaceAll(/\s+/g, " ").includes(phrase);

const has_prose = /\.(ts|mjs|cjs|js|md|json|yml|py|svg)$|^\.ci\//;
/** What others wrote: recordings of vendors' programs, and files that tests feed to dispatch. */
const has_data = /^test\/.*\.(json|py|md)$/;

function filesBelow(paths: readonly string[]): string[] {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"], {
    cwd: root,
  });
  const files = listed.toString().split("\0");
  const deleted = new Set(execFileSync("git", ["ls-files", "-z", "--deleted"], { cwd: root }).toString().split("\0"));
  return files.filter(
    (file) => has_prose.test(file) && !has_data.test(file) && !deleted.has(file) && paths.some((path) => isUnder(file, path)),
  );
}

const isUnder = (file: string, path: string): boolean => file === path || (path.endsWith("/") && file.startsWith(path));

const lineStarts = (text: string): number[] => [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
