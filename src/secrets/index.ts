/**
 * Room `secrets`: finds credentials and puts the rule's name in their place. What a secret is, is secretlint's word (its
 * recommended rules), and what the environment holds under the name of a credential.
 */
export { isLiteralSecret, literalSecrets } from "./assignments.ts";
export { type Env, knownSecrets } from "./known.ts";
export { redactFile } from "./redact-file.ts";
export { createRedactor, type FoundSecret, no_redactor, type Redactor } from "./redactor.ts";
