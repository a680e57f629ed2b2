/** Names of variables that hold a password or a token. Not every key is one: a cache key is not a secret. */
const password_name = /(?:^|_)pass(?:wd|word|phrase)?$|_pwd$|[a-z]password$/i;
const token_name = /(?:^|_)(?:token|secret|pat|(?:api|auth|access|secret|private|signing|encryption)_?key)$/i;

/** Values that people write in place of a secret, or where any value will do. */
const placeholder =
  /example|placeholder|change_?me|dummy|fake|sample|redacted|x{4}|\*{3}|\.{3}|(?:^|[-_])(?:your|my|test|todo|insert|replace)(?:[-_]|$)|^(?:your|test)|^(.)\1+$|^0*1234/i;

/** A literal value: the shell expands nothing in it, and it is not a path. */
const literal = /^[^$`<>{}()\s/~.][^$`<>{}()\s]*$/;

/** `NAME=value` at the start of a word in a shell script. */
const assignment = /(?:^|[\s;&|(])([A-Za-z_][A-Za-z0-9_]*)=(?:"([^"\n]*)"|'([^'\n]*)'|([^\s;&|()"']+))/g;

/** Returns the variables that a shell script sets to a literal secret. References, placeholders and paths do not count. */
export function literalSecrets(script: string): string[] {
  const names = Array.from(script.matchAll(assignment)).flatMap(([, name = "", double, single, bare]) =>
    isLiteralSecret(name, double ?? single ?? bare ?? "") ? [name] : [],
  );
  return [...new Set(names)];
}

/** Whether the value of a variable is a literal secret. */
export function isLiteralSecret(name: string, value: string): boolean {
  if (!literal.test(value) || placeholder.test(value) || !/[A-Za-z]/.test(value) || !/[0-9]/.test(value)) return false;
  if (password_name.test(name)) return value.length >= 8;
  // Many harmless values are called a token: only a long mixed run of letters and digits counts as a secret.
  const run = value.match(/[A-Za-z0-9+]+/g)?.find((part) => part.length >= 16 && /[0-9]/.test(part) && /[A-Za-z]/.test(part));
  return token_name.test(name) && run !== undefined;
}
