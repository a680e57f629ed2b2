import { existsSync } from "node:fs";
import type { Match } from "./rules.ts";

/** Variables by their names. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Names of variables that hold credentials. */
const credential_name =
  /(?:^|_)(?:(?:api|auth|access|secret|private)_?)?(?:token|key|secret|credentials?)$|pass(?:wd|word|phrase)$|_(?:pass|pwd|pat)$/i;

/** Variables that dispatch itself sets for children; none is a secret. */
const own_name = /^DISPATCH_/;

// Short values, single words and numbers (`postgres`, `12345678`) occur in too many texts where they are not secret.
const min_length = 8;
const common_value = /^(?:[a-z]{1,11}|[0-9]{1,11})$/;

/** Finds the values of credentials in texts. */
export interface KnownSecrets {
  /** Length of the longest value, in the longest form that is searched for. */
  max_length: number;
  matchAll(text: string): Match[];
  test(text: string): boolean;
}

/** Collects the credentials of one or more environments. Names of existing files are not secret: `SSH_KEY=/home/me/.ssh/id`. */
export function knownSecrets(...environments: readonly Env[]): KnownSecrets {
  const names = new Map<string, string>();
  for (const env of environments) {
    for (const [name, value] of Object.entries(env)) {
      if (value === undefined || !isSecret(name, value)) continue;
      for (const form of formsOf(value)) if (!names.has(form)) names.set(form, name);
    }
  }
  // If one value is a prefix of another, the longer one must be tried first.
  const forms = [...names.keys()].sort((a, b) => b.length - a.length);
  const pattern = forms.length === 0 ? undefined : new RegExp(forms.map(escapeRegex).join("|"), "g");
  return {
    max_length: forms[0]?.length ?? 0,
    matchAll: (text) => (pattern === undefined ? [] : matchesIn(text, pattern, names)),
    // Unlike `test`, `search` keeps no state in the expression.
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
  if (!credential_name.test(name) || own_name.test(name)) return false;
  if (value.length < min_length || common_value.test(value)) return false;
  return !(/^[~./]/.test(value) && existsSync(value));
}

/** The value as it is, as JSON escapes it, and as Latin-1 reads its UTF-8 bytes, which is how logs are scanned. */
function formsOf(value: string): string[] {
  return [...new Set([value, JSON.stringify(value).slice(1, -1), Buffer.from(value).toString("latin1")])];
}

const escapeRegex = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
