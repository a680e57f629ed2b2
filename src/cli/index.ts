/**
 * Room `cli`: the command line. One command per file in `commands/`; each loads the rooms that it needs when it runs.
 */
export { runProgram } from "./program.ts";
