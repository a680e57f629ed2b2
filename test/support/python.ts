/** Runs Python in tests. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why python3 cannot run here; undefined if it can. */
export const no_python: string | undefined =
  spawnSync("python3", ["--version"]).status === 0 ? undefined : "python3 is not installed";

/** Runs Python source in a temporary folder, together with other files. */
export function runPython(
  text: string,
  options: { files?: Readonly<Record<string, string>>; env?: Readonly<Record<string, string>> } = {},
): { exit_code: number | null; stdout: string; stderr: string } {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-python-"));
  try {
    for (const [name, content] of Object.entries(options.files ?? {})) writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, "main.py"), text);
    const env = { ...process.env, ...options.env, PYTHONDONTWRITEBYTECODE: "1" };
    const ended = spawnSync("python3", ["main.py"], { cwd: folder, env, encoding: "utf8" });
    return { exit_code: ended.status, stdout: ended.stdout, stderr: ended.stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
