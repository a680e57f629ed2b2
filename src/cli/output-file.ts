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
import { DispatchError, messageOf, systemCode } from "#errors";
import { replaceFile } from "#files";

/** An output file given by the user. */
export interface OutputFile {
  path: string;
  /** Writes the whole file at once. Throws a `DispatchError` (`output`) on failure. */
  write(text: string): void;
  /** Opens the file for incremental writes. If one fails, `close` throws a `DispatchError` (`output`). */
  append(): { write(text: string): void; close(): void };
}

/** Checks early that a file can be written, before a run costs money. Throws a `DispatchError` (`usage`) if it cannot. */
export function openOutput(flag: string, path: string, mode = 0o666): OutputFile {
  const full = resolve(path);
  const stat = lstatSync(full, { throwIfNoEntry: false });
  if (stat?.isDirectory()) throw new DispatchError("usage", `${flag} ${path} is a folder.`, { advice: "Pass a file." });
  try {
    accessSync(stat === undefined ? dirname(full) : full, constants.W_OK);
  } catch (error) {
    const is_missing = systemCode(error) === "ENOENT";
    throw new DispatchError("usage", `${flag} ${path} cannot be written: ${messageOf(error)}.`, {
      advice: is_missing ? "Create the folder first." : "Pass another file, or fix the permissions.",
      cause: error,
    });
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
        // Only a regular file is replaced; a link, pipe or device is written in place.
        if (stat === undefined || stat.isFile())
          replaceFile(full, text, { mode: stat === undefined ? mode : stat.mode & 0o777 });
        else writeFileSync(full, text);
      }),
    append() {
      const file = orFail(() => openSync(full, "w"));
      let failure: unknown;
      return {
        write(text) {
          // A failed write must not stop the run. Later writes are dropped, so that only one line is torn.
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

/** Throws if an output is the task file itself, under any name. An `input` of `-` or undefined is stdin. */
export function refuseToOverwrite(input: string | undefined, outputs: readonly (OutputFile | undefined)[]): void {
  const read = statOf(input === undefined || input === "-" ? 0 : input);
  if (read?.isFile() !== true) return;
  for (const output of outputs) {
    const written = output === undefined ? undefined : statOf(output.path);
    if (output === undefined || written?.dev !== read.dev || written.ino !== read.ino) continue;
    throw new DispatchError("usage", `The output ${output.path} would overwrite the task file.`, {
      advice: "Pass another file for the output.",
    });
  }
}

function statOf(file: string | number): Stats | undefined {
  try {
    return typeof file === "number" ? fstatSync(file) : statSync(file, { throwIfNoEntry: false });
  } catch {
    // Reading or writing it reports the reason.
    return undefined;
  }
}
