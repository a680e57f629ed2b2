import type { Streams } from "./streams.ts";

/** What a command gets: where to write, and where to leave its exit code. */
export interface CommandIo {
  streams: Streams;
  exit(code: number): void;
}
