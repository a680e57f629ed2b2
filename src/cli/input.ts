import { isUtf8 } from "node:buffer";
import { closeSync, fstatSync, openSync, read } from "node:fs";
import { promisify } from "node:util";
import { DispatchError, messageOf, systemCode } from "#errors";

/** Maximum size of a task file. */
const max_bytes = 64 * 1024 * 1024;

const readAt = promisify(read);

/** Reads the task file, or stdin if none is given. Throws a `DispatchError` if it cannot be read. */
export async function readInput(file: string | undefined): Promise<{ file: string; text: string }> {
  if (file === undefined || file === "-") {
    const { isatty } = await import("node:tty");
    if (isatty(0)) {
      throw new DispatchError("usage", "No task file given.", {
        advice: "Pass a file, or pipe one to stdin: dispatch run < tasks.json",
      });
    }
    return { file: "<stdin>", text: decode("<stdin>", await readAll(0, "<stdin>")) };
  }
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    const missing = systemCode(error) === "ENOENT";
    throw new DispatchError(
      "not_found",
      missing ? `The file ${file} does not exist.` : `The file ${file} cannot be read: ${messageOf(error)}.`,
      { advice: missing ? "Check the path." : "Check the path and its permissions." },
    );
  }
  try {
    if (fstatSync(descriptor).isDirectory())
      throw new DispatchError("not_found", `${file} is a folder.`, { advice: "Pass a task file." });
    return { file, text: decode(file, await readAll(descriptor, file)) };
  } finally {
    closeSync(descriptor);
  }
}

async function readAll(descriptor: number, file: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(256 * 1024);
    const bytesRead = await readSome(descriptor, chunk, file);
    if (bytesRead === 0) return Buffer.concat(chunks, bytes);
    chunks.push(chunk.subarray(0, bytesRead));
    bytes += bytesRead;
    if (bytes > max_bytes) {
      throw badFile(
        file,
        `Invalid input format: the file is larger than ${max_bytes / 1024 / 1024} MiB.`,
        "Pass large inputs to tasks as files.",
      );
    }
  }
}

async function readSome(descriptor: number, chunk: Buffer, file: string): Promise<number> {
  for (;;) {
    try {
      return (await readAt(descriptor, chunk, 0, chunk.length, null)).bytesRead;
    } catch (error) {
      const code = systemCode(error);
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw badFile(file, `The file cannot be read: ${messageOf(error)}.`);
      // Another process has made the pipe non-blocking: wait for its writer.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Decodes UTF-8 and drops a byte order mark. TextDecoder does both, but takes milliseconds to create. */
function decode(file: string, bytes: Buffer): string {
  if (!isUtf8(bytes)) throw badFile(file, "Invalid input format: the file is not UTF-8.", "Save it as UTF-8.");
  return bytes.toString("utf8").replace(/^\ufeff/, "");
}

function badFile(file: string, message: string, advice?: string): DispatchError {
  return new DispatchError("bad_input", message, {
    problems: [{ file, message, ...(advice === undefined ? {} : { advice }) }],
  });
}
