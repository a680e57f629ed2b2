import { spawnSync } from "node:child_process";

/** Returns whether a program is installed; prints a note if it is not, so that no benchmark is skipped silently. */
export function has(program: string): boolean {
  const found = spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
  if (!found) process.stdout.write(`skipped: ${program} is not installed\n`);
  return found;
}
