/**
 * Room `cli`: the command line. One command per file in `commands/`, which loads the rooms it needs when it runs.
 */
export { runProgram } from "./program.ts";
