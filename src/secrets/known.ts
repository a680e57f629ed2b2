import { existsSync } from "node:fs";
import type { Match } from "./rules.ts";

/** Variables by their names. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Names that hold credentials. */
const credential =
  /(?:^|_)(?:(?:api|auth|access|secret|private)_?)?(?:token|key|secret|credentials?)$|pass(?:wd|word|phrase)$|_(?:pass|pwd|pat)$/i;

/** Ours, which no child keeps to itself. */
const own_name = /^DISPATCH_/;

/** Short ones, and single words or numbers (`postgres`, `12345678`), stand in too many texts that are no secret. */
const shortest = 8;
const plain = /^(?:[a-z]{1,11}|[0-9]{1,11})$/;

/** The values that no text may hold, by the names of their variables. */
export interface KnownSecrets {
  /** Length of the longest, as it may be written. */
  longest: number;
  /** Every place where one stands. */
  matchAll(text: string): Match[];
  /** Whether one stands anywhere. */
  test(text: string): boolean;
}

/** Credentials in the environment, in each of several. Files' names are none: `SSH_KEY=/home/me/.ssh/id`. */
export function knownSecrets(...environments: readonly Env[]): KnownSecrets {
  const names = new Map<string, string>();
  for (const env of environments) {
    for (const [name, value] of Object.entries(env)) {
      if (value === undefined || !isSecret(name, value)) continue;
      for (const form of formsOf(value)) if (!names.has(form)) names.set(form, name);
    }
  }
  // Where one is the beginning of another, the longer one must be tried first.
  const forms = [...names.keys()].sort((a, b) => b.length - a.length);
  const pattern = forms.length === 0 ? undefined : new RegExp(forms.map(escapeRegex).join("|"), "g");
  return {
    longest: forms[0]?.length ?? 0,
    matchAll: (text) => (pattern === undefined ? [] : matchesIn(text, pattern, names)),
    // Unlike `test`, `search` leaves nothing behind in the expression.
    test: (text) => pattern !== undefined && text.search(pattern) !== -1,
  };
}

function matchesIn(text: string, pattern: RegExp, names: ReadonlyMap<string, string>): Match[] {
  return Array.from(text.matchAll(pattern), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
    name: `$${names.get(match[0])}`,
  }));
}

function isSecret(name: string, value: string): boolean {
  if (!credential.test(name) || own_name.test(name)) return false;
  if (value.length < shortest || plain.test(value)) return false;
  return !(/^[~./]/.test(value) && existsSync(value));
}

/** The value itself, as JSON has it, and as the bytes of a log are read. */
function formsOf(value: string): string[] {
  return [...new Set([value, JSON.stringify(value).slice(1, -1), Buffer.from(value).toString("latin1")])];
}

const escapeRegex = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
