import { stripVTControlCharacters } from "node:util";
import { fieldsOf, textOf } from "./untyped-json.ts";

/** The message in a failure's text, and the endpoint's HTTP status if the text holds one. */
export interface ErrorMessage {
  message: string;
  http_status: number | undefined;
}

/**
 * Parses the text of a failure. Programs pass on their endpoint's response, with JSON inside text and inside JSON, such as
 * `[API Error: {"error":{"code":401,"message":"{\"error\":…}"}}]`. The result is the innermost message.
 */
export function readErrorMessage(text: string, depth = 0): ErrorMessage {
  const from = text.indexOf("{");
  const inner = from === -1 || depth > 4 ? undefined : parseJson(text.slice(from, text.lastIndexOf("}") + 1));
  if (inner === undefined) return { message: text.trim(), http_status: undefined };
  const fields = fieldsOf(inner);
  const error = typeof fields["error"] === "object" ? fieldsOf(fields["error"]) : fields;
  const inner_text = textOf(error["message"]) ?? textOf(fields["error"]) ?? textOf(fields["detail"]);
  if (inner_text === undefined) return { message: text.trim(), http_status: statusOf(error) };
  const inner_message = readErrorMessage(inner_text, depth + 1);
  const prefix = text
    .slice(0, from)
    .replace(/^[[\s]+/, "")
    .replace(/[\s:,_]+$/, "");
  const is_prose = /\s/.test(prefix) && !/^(API )?Error$/i.test(prefix);
  return {
    message: is_prose ? `${prefix}: ${inner_message.message}` : inner_message.message,
    http_status: inner_message.http_status ?? statusOf(error) ?? statusOf(fields),
  };
}

function parseJson(text: string): unknown {
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

/** Returns the line of a program's stderr that most likely explains its failure. */
export function lastErrorLine(stderr: string): string | undefined {
  const lines = stripVTControlCharacters(stderr.slice(-16_384)).split("\n");
  const non_empty = lines.map((line) => line.trim()).filter((line) => line !== "");
  // A line with the word "error" explains more than the stack trace that follows it.
  return (non_empty.find((line) => /error\b/i.test(line)) ?? non_empty.at(-1))?.slice(0, 2000);
}
