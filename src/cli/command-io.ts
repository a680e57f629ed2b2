import type { Streams } from "./streams.ts";

/** The streams of a command, and a function to set its exit code. */
export interface CommandIo {
  streams: Streams;
  exit(code: number): void;
}
