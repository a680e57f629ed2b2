/** Loaded by bin/dispatch.js: runs the command line of this process and sets its exit code. */
import { dieWithLauncher } from "./launcher.ts";
import { runProgram } from "./program.ts";

void dieWithLauncher();
runProgram(process.argv.slice(2)).then((exit_code) => {
  process.exitCode = exit_code;
});
