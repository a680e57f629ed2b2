import { spawnSync } from "node:child_process";

/** Whether a program is installed; says so if not, so that nothing is left out without a word. */
export function has(program: string): boolean {
  const found = spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
  if (!found) process.stdout.write(`skipped: ${program} is not installed\n`);
  return found;
}
