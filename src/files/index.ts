/**
 * Room `files`: reads, writes and walks the file system for the other rooms, and loads SQLite. Every command loads it, so
 * it imports no package and does no work when it is loaded.
 */
export { findProgram, mayExecute } from "./find-program.ts";
export { createFolders, hideFromGit, isFolder } from "./folders.ts";
export { NotRegularFileError, openForReading, readWholeFile, type WholeFile, withOpenFile } from "./open.ts";
export { type FileEnd, readFileEnd } from "./read-end.ts";
export { replaceFile, temporaryPath } from "./replace.ts";
export { loadSqlite } from "./sqlite.ts";
export { characterEnd, characterStart, decodeTail } from "./utf8.ts";
export { type WalkedFolder, walkFolders } from "./walk.ts";
