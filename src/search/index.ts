/**
 * Room `search`: finds passages of the workspace for a query. A full-text index, kept in the workspace, is updated on each
 * use; embeddings and an MCP server can add results. Loaded only if a task names `rag:` keys or `auto`.
 */
export { type ExternalSources, openExternalSources } from "./external-sources.ts";
export { hasIndex } from "./index-location.ts";
export { type OpenIndex, openIndex } from "./open-index.ts";
export { type Candidate, type ChunkReader, candidatesOf, fuse, type Passage, readPassages } from "./passages.ts";
export { type FileHit, search } from "./search.ts";
export { stateOf } from "./store.ts";
