import { execFile } from "node:child_process";

/** What a short program has answered. */
export type Answer = { ok: true; stdout: Buffer } | { ok: false; why: string };

/** Most that an answer may have: the names of a few million files. */
const most_bytes = 512 * 1024 * 1024;

/**
 * Asks a program that ends by itself, such as `git ls-files`, and reads its answer. For questions of dispatch before a
 * run; what belongs to an attempt is the supervisor's. Never rejects.
 */
export function ask(
  command: readonly [string, ...string[]],
  options: { cwd: string; env: Readonly<Record<string, string | undefined>>; signal: AbortSignal },
): Promise<Answer> {
  const [file, ...args] = command;
  return new Promise((resolve) => {
    try {
      const settings = { ...options, maxBuffer: most_bytes, encoding: "buffer", killSignal: "SIGKILL" } as const;
      execFile(file, args, settings, (error, stdout, stderr) => {
        if (error === null) resolve({ ok: true, stdout });
        else resolve({ ok: false, why: stderr.toString("utf8").trim().split("\n").at(-1) || error.message });
      }).stdin?.end();
    } catch (error) {
      resolve({ ok: false, why: String(error) });
    }
  });
}
