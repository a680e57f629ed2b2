/**
 * Room `secrets`: finds credentials in texts, values and files, and masks them. Secrets are what secretlint's recommended
 * rules match, and the values of environment variables whose names are those of credentials.
 */
export { isLiteralSecret, literalSecrets } from "./assignments.ts";
export { type Env, knownSecrets } from "./known.ts";
export { redactFile } from "./redact-file.ts";
export { createRedactor, type FoundSecret, no_redactor, type Redactor } from "./redactor.ts";
