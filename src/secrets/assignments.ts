/** Variables that hold a password or a token, and nothing else: the key of a cache is no secret. */
const password_name = /(?:^|_)pass(?:wd|word|phrase)?$|_pwd$|[a-z]password$/i;
const token_name = /(?:^|_)(?:token|secret|pat|(?:api|auth|access|secret|private|signing|encryption)_?key)$/i;

/** What people write where a secret is to stand, and where none is needed. */
const placeholder =
  /example|placeholder|change_?me|dummy|fake|sample|redacted|x{4}|\*{3}|\.{3}|(?:^|[-_])(?:your|my|test|todo|insert|replace)(?:[-_]|$)|^(?:your|test)|^(.)\1+$|^0*1234/i;

/** A value that stands there as it is: the shell fills nothing in, and it names no file. */
const literal = /^[^$`<>{}()\s/~.][^$`<>{}()\s]*$/;

/** `NAME=value` at the start of a word of a shell's script. */
const assignment = /(?:^|[\s;&|(])([A-Za-z_][A-Za-z0-9_]*)=(?:"([^"\n]*)"|'([^'\n]*)'|([^\s;&|()"']+))/g;

/** The variables that a shell's script gives a literal secret; a reference, a placeholder or a file's name is none. */
export function literalSecrets(script: string): string[] {
  const names = Array.from(script.matchAll(assignment)).flatMap(([, name = "", double, single, bare]) =>
    isLiteralSecret(name, double ?? single ?? bare ?? "") ? [name] : [],
  );
  return [...new Set(names)];
}

/** Whether a value under this name is a secret that stands there as it is. */
export function isLiteralSecret(name: string, value: string): boolean {
  if (!literal.test(value) || placeholder.test(value) || !/[A-Za-z]/.test(value) || !/[0-9]/.test(value)) return false;
  if (password_name.test(name)) return value.length >= 8;
  // Much is called a token: only what no one can remember is taken for a secret.
  const run = value.match(/[A-Za-z0-9+]+/g)?.find((part) => part.length >= 16 && /[0-9]/.test(part) && /[A-Za-z]/.test(part));
  return token_name.test(name) && run !== undefined;
}
