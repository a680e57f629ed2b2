import { execFileSync } from "node:child_process";

/** Builds the binary once, before the end-to-end tests run it. */
export default function setup(): void {
  execFileSync(process.execPath, ["test/build.ts", "--types"], { cwd: new URL("../..", import.meta.url), stdio: "inherit" });
}
