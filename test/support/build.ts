import { execFileSync } from "node:child_process";

/** End-to-end tests drive the real binary: build it once before them. */
export default function setup(): void {
  execFileSync(process.execPath, ["test/build.ts", "--types"], { cwd: new URL("../..", import.meta.url), stdio: "inherit" });
}
