import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { DispatchError, messageOf } from "#errors";
import { replaceFile } from "#files";

/** A file that the user named for output. */
export interface OutputFile {
  path: string;
  /** Writes it whole. Throws a `DispatchError` (`output`) where it cannot. */
  write(text: string): void;
  /** Opens it to be written piece by piece; `close` throws a `DispatchError` (`output`) where some of it could not be. */
  append(): { write(text: string): void; close(): void };
}

/** Checks early that a file can be written, so that nothing is paid for before that is known. */
export function openOutput(flag: string, path: string, mode = 0o666): OutputFile {
  const full = resolve(path);
  const stat = lstatSync(full, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw new DispatchError("usage", `${flag} ${path} is a folder.`, { advice: "Name a file." });
  try {
    accessSync(stat === undefined ? dirname(full) : full, constants.W_OK);
  } catch (error) {
    throw new DispatchError("usage", `${flag} ${path} cannot be written: ${messageOf(error)}.`, { cause: error });
  }
  const orFail = <Value>(work: () => Value): Value => {
    try {
      return work();
    } catch (error) {
      throw new DispatchError("output", `${flag} ${path} cannot be written: ${messageOf(error)}.`, { cause: error });
    }
  };
  return {
    path,
    write: (text) =>
      orFail(() => {
        // A link, a pipe or a device stays what it is: only a plain file may be replaced.
        if (stat === undefined || stat.isFile())
          replaceFile(full, text, { mode: stat === undefined ? mode : stat.mode & 0o777 });
        else writeFileSync(full, text);
      }),
    append() {
      const file = orFail(() => openSync(full, "w"));
      let failure: unknown;
      return {
        write(text) {
          // Who follows the events must not stop the run; after a failure nothing more is written, so that no line is torn twice.
          if (failure !== undefined) return;
          try {
            const bytes = Buffer.from(text);
            for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
          } catch (error) {
            failure = error;
          }
        },
        close() {
          closeSync(file);
          orFail(() => {
            if (failure !== undefined) throw failure;
          });
        },
      };
    },
  };
}

/** Refuses outputs that are the task file itself, by this name or another; `-` and nothing are stdin. */
export function refuseToOverwrite(input: string | undefined, outputs: readonly (OutputFile | undefined)[]): void {
  const read = statOf(input === undefined || input === "-" ? 0 : input);
  if (read?.isFile() !== true) return;
  for (const output of outputs) {
    const written = output === undefined ? undefined : statOf(output.path);
    if (output === undefined || written?.dev !== read.dev || written.ino !== read.ino) continue;
    throw new DispatchError("usage", `${output.path} is the task file, and would be overwritten.`, {
      advice: "Name another file for the output.",
    });
  }
}

function statOf(file: string | number): Stats | undefined {
  try {
    return typeof file === "number" ? fstatSync(file) : statSync(file, { throwIfNoEntry: false });
  } catch {
    // Whoever reads or writes it says why it cannot be had.
    return undefined;
  }
}
