import { stripVTControlCharacters } from "node:util";
import { fieldsOf, textOf } from "./untyped-json.ts";

/** What a failure's text says, and the endpoint's status where it holds one. */
export interface ErrorMessage {
  message: string;
  http_status: number | undefined;
}

/**
 * Reads the text of a failure. Programs pass on what their endpoint answered, JSON in words and JSON in JSON:
 * `[API Error: {"error":{"code":401,"message":"{\"error\":…}"}}]` is told by the innermost message.
 */
export function readMessage(text: string, depth = 0): ErrorMessage {
  const from = text.indexOf("{");
  const inner = from === -1 || depth > 4 ? undefined : parsed(text.slice(from, text.lastIndexOf("}") + 1));
  if (inner === undefined) return { message: text.trim(), http_status: undefined };
  const fields = fieldsOf(inner);
  const error = typeof fields["error"] === "object" ? fieldsOf(fields["error"]) : fields;
  const said = textOf(error["message"]) ?? textOf(fields["error"]) ?? textOf(fields["detail"]);
  if (said === undefined) return { message: text.trim(), http_status: statusOf(error) };
  const told = readMessage(said, depth + 1);
  const before = text
    .slice(0, from)
    .replace(/^[[\s]+/, "")
    .replace(/[\s:,_]+$/, "");
  const is_prose = /\s/.test(before) && !/^(API )?Error$/i.test(before);
  return {
    message: is_prose ? `${before}: ${told.message}` : told.message,
    http_status: told.http_status ?? statusOf(error) ?? statusOf(fields),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function statusOf(fields: Readonly<Record<string, unknown>>): number | undefined {
  return [fields["code"], fields["status"], fields["statusCode"]].find(
    (code): code is number => typeof code === "number" && code >= 400 && code < 600,
  );
}

/** What a program said last on stderr of why it failed. */
export function lastLine(stderr: string): string | undefined {
  const lines = stripVTControlCharacters(stderr.slice(-16_384)).split("\n");
  const said = lines.map((line) => line.trim()).filter((line) => line !== "");
  // A line that calls itself an error tells more than the stack that follows it.
  return (said.find((line) => /error\b/i.test(line)) ?? said.at(-1))?.slice(0, 2000);
}
