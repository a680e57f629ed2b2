import { closeSync, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import type { ProcessEnd } from "#process";
import type { Job } from "./agent.ts";

/** What a program that an agent asked has answered; `stdout` and `stderr` are cut after `max_bytes`. */
export interface Captured {
  end: ProcessEnd;
  stdout: string;
  stderr: string;
  /** There was more than `max_bytes` on stdout. */
  is_cut: boolean;
}

/** A program to ask, with its arguments. */
export interface Question {
  command: readonly [string, ...string[]];
  cwd: string;
  env?: Readonly<Record<string, string>>;
  /** Most that is read of each stream; 16 MiB without it. */
  max_bytes?: number;
}

/** Names that differ, also where one agent asks many programs at once. */
let asked = 0;

/**
 * Asks another program (git, python3) on behalf of an agent and reads its answer. It is a child like any other: its tree
 * ends with `signal`, and with dispatch. Rejects only where the run folder cannot be written.
 */
export async function capture(job: Job, question: Question, signal: AbortSignal): Promise<Captured> {
  const { command, cwd, env = {}, max_bytes = 16 * 1024 * 1024 } = question;
  const opened: number[] = [];
  try {
    const [stdout, stderr] = [0, 1].map(() => {
      const path = `${job.files.input}.answer-${++asked}`;
      const descriptor = openSync(path, "wx+", 0o600);
      opened.push(descriptor);
      // Without a name there is nothing to leave behind.
      unlinkSync(path);
      return descriptor;
    }) as [number, number]; // as many as were mapped
    const running = { command: [...command], cwd, env: { ...job.inherited_env, ...job.env, ...env }, stdout, stderr };
    const end = await job.supervisor.run(running, signal);
    const out = readStart(stdout, max_bytes);
    return { end, stdout: out.text, stderr: readStart(stderr, max_bytes).text, is_cut: out.is_cut };
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

const readStart = (descriptor: number, most: number): Piece => readPiece(descriptor, most, 0);

/** The end of what an open file holds. */
export const readTail = (descriptor: number, most: number): Piece =>
  readPiece(descriptor, most, Math.max(0, fstatSync(descriptor).size - most));

/** A part of a file. */
interface Piece {
  text: string;
  /** There is more of it. */
  is_cut: boolean;
}

function readPiece(descriptor: number, most: number, from: number): Piece {
  const { size } = fstatSync(descriptor);
  const buffer = Buffer.alloc(Math.min(size - from, most));
  let read = 0;
  while (read < buffer.length) {
    const got = readSync(descriptor, buffer, read, buffer.length - read, from + read);
    if (got === 0) break;
    read += got;
  }
  return { text: buffer.toString("utf8", 0, read), is_cut: size > most };
}
