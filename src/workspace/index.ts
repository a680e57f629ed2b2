/**
 * Room `workspace`: the folder that a run works on. Which of its files may be read, what git says about it, and how its
 * source files are read and parsed. Loaded only if a run reads the workspace.
 */
export { cacheFolder, createCacheFolder } from "./cache-folder.ts";
export { containers, declarations, isNamedFunction, short_declarations } from "./declarations.ts";
export { git_command, git_environment, queryGit } from "./git.ts";
export { extensionsOf, languageOf } from "./languages.ts";
export { type Listing, listWorkspace } from "./listing.ts";
export { createSourceParser, hasGrammar, type SourceParser } from "./parser.ts";
export { type FileStamp, isAbsent, isBinary, max_bytes, readShown, readText } from "./read.ts";
export { firstAtLeast, openWorkspace, type RefusedPath, type ResolvedPath, type Workspace } from "./workspace.ts";
