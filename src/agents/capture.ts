import { closeSync, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import type { ProcessEnd } from "#process";
import type { Job } from "./agent.ts";

/** How a captured program ended, and its output; `stdout` and `stderr` are cut after `max_bytes`. */
export interface Captured {
  end: ProcessEnd;
  stdout: string;
  stderr: string;
  /** Whether stdout had more than `max_bytes`. */
  is_cut: boolean;
}

/** A program to capture. */
export interface CaptureRequest {
  command: readonly [string, ...string[]];
  cwd: string;
  /** Added to the environment of the attempt; an undefined variable is removed from it. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Most that is read of each stream; default 16 MiB. */
  max_bytes?: number;
}

/** Makes file names unique when one agent captures many programs at once. */
let capture_count = 0;

/**
 * Runs a helper program (git, python3) for an agent and returns its output. The supervisor stops its tree when `signal`
 * aborts or dispatch ends. Rejects only if the run folder cannot be written.
 */
export async function capture(job: Job, request: CaptureRequest, signal: AbortSignal): Promise<Captured> {
  const { command, cwd, env = {}, max_bytes = 16 * 1024 * 1024 } = request;
  const opened: number[] = [];
  try {
    const [stdout, stderr] = [0, 1].map(() => {
      const path = `${job.files.input}.answer-${++capture_count}`;
      const descriptor = openSync(path, "wx+", 0o600);
      opened.push(descriptor);
      // An unlinked file leaves nothing behind.
      unlinkSync(path);
      return descriptor;
    }) as [number, number]; // as many as were mapped
    const running = { command: [...command], cwd, env: { ...job.inherited_env, ...job.env, ...env }, stdout, stderr };
    const end = await job.supervisor.run(running, signal);
    const output = readStart(stdout, max_bytes);
    return { end, stdout: output.text, stderr: readStart(stderr, max_bytes).text, is_cut: output.is_cut };
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

const readStart = (descriptor: number, max_bytes: number): FileSlice => readSlice(descriptor, max_bytes, 0);

/** Returns the last bytes of an open file as text. */
export const readTail = (descriptor: number, max_bytes: number): FileSlice =>
  readSlice(descriptor, max_bytes, Math.max(0, fstatSync(descriptor).size - max_bytes));

/** A part of a file. */
interface FileSlice {
  text: string;
  /** Whether the file holds more than this. */
  is_cut: boolean;
}

function readSlice(descriptor: number, max_bytes: number, from: number): FileSlice {
  const { size } = fstatSync(descriptor);
  const buffer = Buffer.alloc(Math.min(size - from, max_bytes));
  let read = 0;
  while (read < buffer.length) {
    const count = readSync(descriptor, buffer, read, buffer.length - read, from + read);
    if (count === 0) break;
    read += count;
  }
  return { text: buffer.toString("utf8", 0, read), is_cut: size > max_bytes };
}
