import { rules as preset_rules } from "@secretlint/secretlint-rule-preset-recommend";
import { windowsIn } from "./markers.ts";

/** A secret's place in a text, and what it is. */
export interface Match {
  start: number;
  end: number;
  /** The rule's name: `github-token`. */
  name: string;
}

/** What a rule says of a secret: the id of the message, and the secret itself. */
interface RuleReport {
  id: string;
  secret: string | undefined;
}

/** The part of secretlint's rule contract that is used here. Its core is left out: it adds marks to Node's performance timeline for each text and never takes them away, and a comment in the text turns it off. */
interface Rule {
  meta: { id: string };
  create(context: object, options: object): { file(source: object): unknown };
}

/** Names that a message's id would not give. */
const names: Readonly<Record<string, string>> = {
  IncomingWebhook: "slack-webhook",
  MongoDBConnection: "mongodb-connection",
  MySQLConnection: "mysql-connection",
  PostgreSQLConnection: "postgresql-connection",
  NPM_ACCESS_TOKEN: "npm-token",
  Npmrc_authToken: "npm-token",
  OPS_TOKEN: "1password-token",
  PackageJSON_xOauthToken: "github-token",
};

/** AWSAccessKeyID -> aws-access-key-id, GITHUB_TOKEN -> github-token. */
const ruleName = (id: string): string =>
  names[id] ??
  id
    .replaceAll(/([A-Z]+)([A-Z][a-z])|([a-z])([A-Z])/g, "$1$3-$2$4")
    .replaceAll("_", "-")
    .toLowerCase();

/** What a text could say to switch rules off, and keys in whole files, whose private key another rule finds. */
const left_out = new Set(["filter-comments", "gcp"].map((name) => `@secretlint/secretlint-rule-${name}`));

// secretlint's types are in a package of their own, which is not needed to run it.
const rules = (preset_rules as unknown as readonly Rule[]).filter(({ meta }) => !left_out.has(meta.id));

/** What rules call the secret in their messages. */
const secret_words = ["KEY", "ID", "TOKEN", "CREDENTIAL", "URI", "URL"];

/** npm's rule looks for one kind of token in a `.npmrc` and for another elsewhere; a text may be either. */
const npmrc = ".npmrc";

/** Everything that the rules find in a text, in no order; matches may overlap. */
export function matchRules(text: string): Match[] {
  return windowsIn(text).flatMap(([from, to]) =>
    matchAll(text.slice(from, to)).map(({ start, end, name }) => ({ start: start + from, end: end + from, name })),
  );
}

/**
 * A private key with what stands around it. The rules know the plain ones; not those that are encrypted, nor those with
 * headers between the lines, as PGP and old OpenSSL write them. The longest is one of PGP with its subkeys.
 */
const key_block =
  /-----BEGIN ?(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----BEGIN)[\s\S]){64,15000}?-----END ?(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;

/** What tells a key from a text that speaks of one. */
const key_line = /[A-Za-z0-9+/=]{40}/;

const keysIn = (text: string): Match[] =>
  Array.from(text.matchAll(key_block))
    .filter(([block]) => key_line.test(block))
    .map(({ 0: { length }, index }) => ({ start: index, end: index + length, name: "private-key" }));

/** The same without looking for markers first. */
export function matchAll(text: string): Match[] {
  const matches = keysIn(text);
  const context = {
    createTranslator: () => (id: string, words: Readonly<Record<string, unknown>>) => {
      const secret = secret_words.map((word) => words[word]).find((word) => typeof word === "string");
      return { id, secret };
    },
    report({ message, range: [from, to] }: { message: RuleReport; range: readonly [number, number] }) {
      const { id, secret } = message;
      // The range of some rules starts where their match does, and is only as long as the secret at the end of it.
      const start = secret === undefined ? -1 : text.indexOf(secret, from);
      matches.push(
        start === -1 || secret === undefined
          ? { start: from, end: to, name: ruleName(id) }
          : { start, end: start + secret.length, name: ruleName(id) },
      );
    },
  };
  for (const { meta, create } of rules) {
    const checker = create(context, { enableIDScanRule: true });
    for (const filePath of meta.id.endsWith("-npm") ? ["", npmrc] : [""])
      checker.file({ content: text, filePath, ext: "", contentType: "text" });
  }
  return matches;
}
