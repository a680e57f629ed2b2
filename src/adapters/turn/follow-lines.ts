import { closeSync, openSync, read } from "node:fs";
import { promisify } from "node:util";

const readAsync = promisify(read);

/** Longest line; longer ones are skipped. */
export const max_line_bytes = 32 * 1024 * 1024;

/** How long to wait before reading a file that has not grown again; milliseconds. The wait doubles from min to max. */
const poll_ms = { min: 10, max: 100 };

/** Options of `followLines`. */
export interface FollowOptions {
  /** Offset to start from; bytes. */
  from?: number;
  /** Settles when the writer has ended. */
  ended: Promise<unknown>;
  /** Longest wait between reads; milliseconds. Lower it if the writer waits for replies. */
  max_poll_ms?: number;
  /** Called for each line that is skipped because it is too long. */
  onTooLong(): void;
}

/**
 * Yields the lines of a file in batches while another process writes it, and returns when that process has ended. An agent
 * writes to a file and not to a pipe: it never waits for dispatch, loses no output on exit, and the file outlives dispatch.
 */
export async function* followLines(
  path: string,
  { from: start = 0, ended, max_poll_ms = poll_ms.max, onTooLong }: FollowOptions,
): AsyncGenerator<readonly string[], void, void> {
  const descriptor = openSync(path, "r");
  const chunk = Buffer.allocUnsafe(64 * 1024);
  /** Pieces of the incomplete last line. */
  let partial: Buffer[] = [];
  let partial_bytes = 0;
  let is_too_long = false;
  let writer_ended = false;
  void ended.then(
    () => (writer_ended = true),
    () => (writer_ended = true),
  );
  let wait_ms = poll_ms.min;

  const append = (piece: Buffer): void => {
    if (is_too_long || piece.length === 0) return;
    partial_bytes += piece.length;
    if (partial_bytes <= max_line_bytes) {
      // Copied, because the next read overwrites the chunk.
      partial.push(Buffer.from(piece));
      return;
    }
    is_too_long = true;
    partial = [];
  };
  const completeLine = (): string | undefined => {
    const line = is_too_long ? undefined : Buffer.concat(partial).toString("utf8");
    if (is_too_long) onTooLong();
    partial = [];
    partial_bytes = 0;
    is_too_long = false;
    return line;
  };

  try {
    for (let position = start; ; ) {
      // Checked before the read, so that everything written before the end is still read.
      const had_ended = writer_ended;
      const { bytesRead } = await readAsync(descriptor, chunk, 0, chunk.length, position);
      if (bytesRead === 0) {
        if (had_ended) break;
        await Promise.race([ended.catch(() => {}), new Promise((resolve) => setTimeout(resolve, wait_ms))]);
        wait_ms = Math.min(wait_ms * 2, max_poll_ms);
        continue;
      }
      wait_ms = poll_ms.min;
      position += bytesRead;
      const lines: string[] = [];
      let from = 0;
      for (let at = chunk.indexOf(10, from); at >= 0 && at < bytesRead; at = chunk.indexOf(10, from)) {
        if (partial_bytes === 0) lines.push(chunk.toString("utf8", from, at));
        else {
          append(chunk.subarray(from, at));
          const line = completeLine();
          if (line !== undefined) lines.push(line);
        }
        from = at + 1;
      }
      if (lines.length > 0) yield lines;
      append(chunk.subarray(from, bytesRead));
    }
    if (partial_bytes > 0) {
      const line = completeLine();
      if (line !== undefined) yield [line];
    }
  } finally {
    closeSync(descriptor);
  }
}
