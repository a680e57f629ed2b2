import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a short program has answered. */
export type QueryResult = { ok: true; stdout: Buffer } | { ok: false; why: string };

/** Most that an answer may have: the names of a few million files. */
const max_bytes = 512 * 1024 * 1024;

/** How a program is asked. */
export interface QueryOptions {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  /** The answer is long, and there is other work meanwhile: the program must not wait until each part of it is read. */
  is_long?: boolean;
}

/**
 * Asks a program that ends by itself, such as `git ls-files`, and reads its answer. For questions of dispatch before a
 * run; what belongs to an attempt is the supervisor's. Never rejects.
 */
export async function runQuery(command: readonly [string, ...string[]], options: QueryOptions): Promise<QueryResult> {
  const file = options.is_long === true ? openUnnamed() : undefined;
  if (file === undefined) return queryByPipe(command, options);
  try {
    const answer = await queryByFile(command, options, file);
    // Where the disk is full, a pipe still does.
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
  answer: number,
): Promise<QueryResult> {
  return new Promise((resolve) => {
    try {
      const child = spawn(file, args, { cwd, env, signal, killSignal: "SIGKILL", stdio: ["ignore", answer, "pipe"] });
      const said: Buffer[] = [];
      // As the settings have it, it is a pipe.
      child.stderr?.on("data", (part: Buffer) => said.push(part));
      child.on("error", (error) => resolve({ ok: false, why: error.message }));
      child.on("close", (code, ended_by) => {
        if (code === 0) resolve(readResult(answer));
        else resolve({ ok: false, why: lastLine(Buffer.concat(said)) || `it ended with ${ended_by ?? code}` });
      });
    } catch (error) {
      resolve({ ok: false, why: String(error) });
    }
  });
}

function readResult(file: number): QueryResult {
  const { size } = fstatSync(file);
  if (size > max_bytes) return { ok: false, why: `the answer has ${size} bytes` };
  const stdout = Buffer.allocUnsafe(size);
  for (let length = 0; length < size; ) {
    const count = readSync(file, stdout, length, size - length, length);
    if (count === 0) return { ok: false, why: "the answer has become shorter" };
    length += count;
  }
  return { ok: true, stdout };
}

const lastLine = (text: Buffer): string => text.toString("utf8").trim().split("\n").at(-1) ?? "";

/** A file that is gone when it is closed; undefined where none can be made. */
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
