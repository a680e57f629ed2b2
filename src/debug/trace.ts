import { readGoTraces } from "./trace-go.ts";
import { readJavaTraces } from "./trace-java.ts";
import { readNodeTraces } from "./trace-node.ts";
import type { Frame, ThrownError, TraceLine } from "./trace-parts.ts";
import { readPythonTraces } from "./trace-python.ts";
import { readRubyTraces } from "./trace-ruby.ts";
import { readRustTraces } from "./trace-rust.ts";

export type { Frame, ThrownError } from "./trace-parts.ts";

/** The contents of `error_traces`. */
export interface Traces {
  /** In the order of the texts. */
  thrown: ThrownError[];
  /** Lines that are not frames, without colours; they contain names and values to search for. */
  prose: string[];
  /** What was skipped because of its size, in sentences. */
  cuts: string[];
}

/** Maximum number of characters read from one text, half from its start and half from its end. */
const max_characters = 2_000_000;

/** Maximum number of characters read from one line. */
const max_line_characters = 2000;

/** Maximum number of frames kept for one error, half of them innermost and half outermost. */
const max_frames = 400;

/** The reader for Node comes last, because its frame patterns are the loosest. */
const readers = [readPythonTraces, readJavaTraces, readGoTraces, readRustTraces, readRubyTraces, readNodeTraces];

// biome-ignore lint/suspicious/noControlCharactersInRegex: it removes escape sequences
const colours = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

/** Reads all traces of all languages in the texts; a text without a trace becomes an error without frames. */
export function readTraces(texts: readonly string[]): Traces {
  const traces: Traces = { thrown: [], prose: [], cuts: [] };
  texts.forEach((text, i) => {
    const kept = shorten(text);
    if (kept !== text) traces.cuts.push(`The middle of error_traces[${i}] (${text.length} characters) was not read.`);
    readText(kept, traces);
  });
  return traces;
}

function readText(text: string, traces: Traces): void {
  const lines: TraceLine[] = text
    .replace(colours, "")
    .split(/\r\n|\n|\r/)
    .map((line) => ({ text: line.slice(0, max_line_characters), claimed: false }));
  const found = readers.flatMap((read) => read(lines)).sort((a, b) => a.at - b.at);
  const located = locatedFrames(lines);
  if (located.length > 0) {
    // If the text contains no error, its first line is the message of these frames.
    const message = found.length > 0 ? "" : (lines.find(({ text: line }) => line.trim() !== "")?.text.trim() ?? "");
    found.push({ language: "text", message, frames: located, at: lines.length });
  }
  for (const thrown of found) traces.thrown.push({ ...thrown, frames: withoutRecursion(thrown.frames, traces.cuts) });
  const prose = lines.filter((line) => !line.claimed && line.text.trim() !== "").map((line) => line.text.trim());
  traces.prose.push(...prose);
  if (found.some((thrown) => thrown.message !== "" || thrown.type !== undefined)) return;
  const [first] = prose;
  if (first === undefined) return;
  const parts =
    /^(?:Uncaught |Exception in thread \S+ |Caused by: )?([A-Za-z_][\w.$:]*(?:Error|Exception|Warning|Panic|Fault|Failure|Interrupt)\w*)(?:: |$)(.*)$/.exec(
      first,
    );
  const message = parts === null ? first : (parts[2] ?? "");
  const type = parts?.[1];
  traces.thrown.push({ language: "text", ...(type === undefined ? {} : { type }), message, frames: [], at: 0 });
}

/** Returns the locations in other lines, as compilers and test runners print them: `src/a.ts:10:5`, `lib/b.c:3: error`. */
function locatedFrames(lines: readonly TraceLine[]): Frame[] {
  const frames: Frame[] = [];
  for (const line of lines) {
    if (line.claimed || frames.length >= max_frames) continue;
    const place = /(?:^|[\s("'`])((?:[A-Za-z]:)?[\w@./\\-]+\.[A-Za-z]\w{0,4})[:(](\d{1,7})(?:[:,](\d{1,6}))?/.exec(line.text);
    if (place === null || /^\d|https?:/.test(place[1] ?? "")) continue;
    const column = place[3] === undefined ? {} : { column: Number(place[3]) };
    frames.push({ path: place[1] ?? "", line: Number(place[2]), ...column });
  }
  return frames;
}

/** Keeps each repeated frame of a recursion once, and drops the middle of stacks that are still too long. */
function withoutRecursion(frames: readonly Frame[], cuts: string[]): Frame[] {
  const seen = new Set<string>();
  const kept = frames.filter((frame) => {
    const key = `${frame.path}:${frame.line}:${frame.column ?? ""}:${frame.function ?? ""}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  if (kept.length <= max_frames) return kept;
  cuts.push(`${kept.length - max_frames} frames in the middle of a trace were skipped.`);
  return [...kept.slice(0, max_frames / 2), ...kept.slice(-max_frames / 2)];
}

function shorten(text: string): string {
  if (text.length <= max_characters) return text;
  return `${text.slice(0, max_characters / 2)}\n${text.slice(-max_characters / 2)}`;
}
