import { closeSync, openSync, read } from "node:fs";
import { promisify } from "node:util";

const readSome = promisify(read);

/** A line that is longer than this is passed over. */
export const max_line_bytes = 32 * 1024 * 1024;

/** How long to wait between looks at a file that has not grown; milliseconds. */
const pause = { least: 10, most: 100 };

/** Options of `followLines`. */
export interface FollowOptions {
  /** Where to begin; bytes. */
  from?: number;
  /** Fulfilled when nobody writes to the file any more. */
  ended: Promise<unknown>;
  /** Longest wait between looks, where somebody waits for an answer; milliseconds. */
  max_pause?: number;
  /** Called for each line that is passed over, because it is too long. */
  onTooLong(): void;
}

/**
 * Gives the lines of a file, as many as are there at once, while another process writes it, and ends with that. An agent prints into a file, not into a
 * pipe: it never waits for dispatch, loses nothing when it exits in a hurry, and what it said outlives dispatch.
 */
export async function* followLines(
  path: string,
  { from: begin = 0, ended, max_pause = pause.most, onTooLong }: FollowOptions,
): AsyncGenerator<readonly string[], void, void> {
  const descriptor = openSync(path, "r");
  const chunk = Buffer.allocUnsafe(64 * 1024);
  /** Pieces of the line that is not complete yet. */
  let open: Buffer[] = [];
  let open_bytes = 0;
  let is_too_long = false;
  let is_over = false;
  void ended.then(
    () => (is_over = true),
    () => (is_over = true),
  );
  let wait = pause.least;

  const keep = (piece: Buffer): void => {
    if (is_too_long || piece.length === 0) return;
    open_bytes += piece.length;
    if (open_bytes <= max_line_bytes) {
      // The chunk is written over by what is read next.
      open.push(Buffer.from(piece));
      return;
    }
    is_too_long = true;
    open = [];
  };
  const take = (): string | undefined => {
    const line = is_too_long ? undefined : Buffer.concat(open).toString("utf8");
    if (is_too_long) onTooLong();
    open = [];
    open_bytes = 0;
    is_too_long = false;
    return line;
  };

  try {
    for (let position = begin; ; ) {
      // Read before looking: what was written before the end is read after it.
      const was_over = is_over;
      const { bytesRead } = await readSome(descriptor, chunk, 0, chunk.length, position);
      if (bytesRead === 0) {
        if (was_over) break;
        await Promise.race([ended.catch(() => {}), new Promise((resolve) => setTimeout(resolve, wait))]);
        wait = Math.min(wait * 2, max_pause);
        continue;
      }
      wait = pause.least;
      position += bytesRead;
      const lines: string[] = [];
      let from = 0;
      for (let at = chunk.indexOf(10, from); at >= 0 && at < bytesRead; at = chunk.indexOf(10, from)) {
        if (open_bytes === 0) lines.push(chunk.toString("utf8", from, at));
        else {
          keep(chunk.subarray(from, at));
          const line = take();
          if (line !== undefined) lines.push(line);
        }
        from = at + 1;
      }
      if (lines.length > 0) yield lines;
      keep(chunk.subarray(from, bytesRead));
    }
    if (open_bytes > 0) {
      const line = take();
      if (line !== undefined) yield [line];
    }
  } finally {
    closeSync(descriptor);
  }
}
