import { rules as preset_rules } from "@secretlint/secretlint-rule-preset-recommend";
import { windowsIn } from "./markers.ts";

/** A secret in a text. */
export interface Match {
  start: number;
  end: number;
  /** Such as `github-token`. */
  name: string;
}

/** A rule's report of a secret: the id of the message, and the secret itself. */
interface RuleReport {
  id: string;
  secret: string | undefined;
}

/**
 * The part of secretlint's rule interface that is used here. Its core is not used: it adds marks to Node's performance
 * timeline for each text and never removes them, and a comment in the text can disable it.
 */
interface Rule {
  meta: { id: string };
  create(context: object, options: object): { file(source: object): unknown };
}

/** Names that cannot be derived from a message's id. */
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

/** Rules not used: comments that disable rules, and GCP key files, whose private key another rule finds. */
const unused_rules = new Set(["filter-comments", "gcp"].map((name) => `@secretlint/secretlint-rule-${name}`));

// secretlint's types are in a separate package, which is not needed at run time.
const rules = (preset_rules as unknown as readonly Rule[]).filter(({ meta }) => !unused_rules.has(meta.id));

/** Names that rules use for the secret in the data of their messages. */
const secret_words = ["KEY", "ID", "TOKEN", "CREDENTIAL", "URI", "URL"];

/** npm's rule looks for one kind of token in a `.npmrc` and for another elsewhere; a text can be either. */
const npmrc = ".npmrc";

/** Returns all matches of the rules in a text, unordered and possibly overlapping. Searches only around markers. */
export function matchRules(text: string): Match[] {
  return windowsIn(text).flatMap(([from, to]) =>
    matchAll(text.slice(from, to)).map(({ start, end, name }) => ({ start: start + from, end: end + from, name })),
  );
}

/**
 * A private key with its BEGIN and END lines. secretlint's rules find plain keys, but not encrypted ones, nor keys with
 * header lines, as PGP and old OpenSSL write them. The longest are PGP keys with subkeys.
 */
const key_block =
  /-----BEGIN ?(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----BEGIN)[\s\S]){64,15000}?-----END ?(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;

/** Distinguishes a key from a text about keys. */
const key_line = /[A-Za-z0-9+/=]{40}/;

const keysIn = (text: string): Match[] =>
  Array.from(text.matchAll(key_block))
    .filter(([block]) => key_line.test(block))
    .map(({ 0: { length }, index }) => ({ start: index, end: index + length, name: "private-key" }));

/** Returns all matches of the rules in a text without looking for markers first. */
export function matchAll(text: string): Match[] {
  const matches = keysIn(text);
  const context = {
    createTranslator: () => (id: string, words: Readonly<Record<string, unknown>>) => {
      const secret = secret_words.map((word) => words[word]).find((word) => typeof word === "string");
      return { id, secret };
    },
    report({ message, range: [from, to] }: { message: RuleReport; range: readonly [number, number] }) {
      const { id, secret } = message;
      // Some rules report a range that starts at their match but has the length of the secret at the end of the match.
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
