/**
 * Room `reuse`: whether a success of an earlier run still holds. A key has a hash of each part that decides an attempt's
 * outcome; two keys are compared part by part, so that a difference can be named. What cannot be compared never matches: to
 * run again costs money, to claim a success that is none costs more.
 */
export { type ContentHasher, createContentHasher } from "./content-hash.ts";
export { type CurrentKey, differences, hasDeclaredInputs, type KeyContext, type KeyInput, reuseKey } from "./key.ts";
export type { NamedPath } from "./named-paths.ts";
export { keyWithOutputs, type ProducedFiles, productsOf, snapshotOutputs } from "./produced-files.ts";
