import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The output of a short program, or why it failed. */
export type QueryResult = { ok: true; stdout: Buffer } | { ok: false; why: string };

/** Longest output accepted; enough for the names of a few million files. */
const max_bytes = 512 * 1024 * 1024;

/** Options of `runQuery`. */
export interface QueryOptions {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  /** The output is long and dispatch has other work: the program writes to a file, so it never waits for a reader. */
  is_long?: boolean;
}

/**
 * Runs a program that ends by itself, such as `git ls-files`, and returns its output. For queries outside attempts;
 * programs of an attempt go through the supervisor. Never rejects.
 */
export async function runQuery(command: readonly [string, ...string[]], options: QueryOptions): Promise<QueryResult> {
  const file = options.is_long === true ? openUnnamed() : undefined;
  if (file === undefined) return queryByPipe(command, options);
  try {
    const answer = await queryByFile(command, options, file);
    // On a full disk, a pipe still works.
    return answer.ok || !/write|space|quota/i.test(answer.why) ? answer : await queryByPipe(command, options);
  } finally {
    closeSync(file);
  }
}

function queryByPipe(
  [file, ...args]: readonly [string, ...string[]],
  { cwd, env, signal }: QueryOptions,
): Promise<QueryResult> {
  return new Promise((resolve) => {
    try {
      const settings = { cwd, env, signal, maxBuffer: max_bytes, encoding: "buffer", killSignal: "SIGKILL" } as const;
      execFile(file, args, settings, (error, stdout, stderr) => {
        if (error === null) resolve({ ok: true, stdout });
        else resolve({ ok: false, why: lastLine(stderr) || error.message });
      }).stdin?.end();
    } catch (error) {
      resolve({ ok: false, why: String(error) });
    }
  });
}

function queryByFile(
  [file, ...args]: readonly [string, ...string[]],
  { cwd, env, signal }: QueryOptions,
  output: number,
): Promise<QueryResult> {
  return new Promise((resolve) => {
    try {
      const child = spawn(file, args, { cwd, env, signal, killSignal: "SIGKILL", stdio: ["ignore", output, "pipe"] });
      const stderr_parts: Buffer[] = [];
      // Never null: `stdio` makes it a pipe.
      child.stderr?.on("data", (part: Buffer) => stderr_parts.push(part));
      child.on("error", (error) => resolve({ ok: false, why: error.message }));
      child.on("close", (code, ended_by) => {
        if (code === 0) resolve(readResult(output));
        else resolve({ ok: false, why: lastLine(Buffer.concat(stderr_parts)) || `it ended with ${ended_by ?? code}` });
      });
    } catch (error) {
      resolve({ ok: false, why: String(error) });
    }
  });
}

function readResult(output: number): QueryResult {
  const { size } = fstatSync(output);
  if (size > max_bytes) return { ok: false, why: `the output is too long (${size} bytes)` };
  const stdout = Buffer.allocUnsafe(size);
  for (let length = 0; length < size; ) {
    const count = readSync(output, stdout, length, size - length, length);
    if (count === 0) return { ok: false, why: "the output was truncated while dispatch read it" };
    length += count;
  }
  return { ok: true, stdout };
}

const lastLine = (text: Buffer): string => text.toString("utf8").trim().split("\n").at(-1) ?? "";

/** Opens an unlinked temporary file; undefined if none can be created. */
function openUnnamed(): number | undefined {
  const path = join(tmpdir(), `dispatch-${randomBytes(9).toString("hex")}`);
  try {
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    unlinkSync(path);
    return file;
  } catch {
    return undefined;
  }
}
