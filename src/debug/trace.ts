import { readGoTraces } from "./trace-go.ts";
import { readJavaTraces } from "./trace-java.ts";
import { readNodeTraces } from "./trace-node.ts";
import type { Frame, ThrownError, TraceLine } from "./trace-parts.ts";
import { readPythonTraces } from "./trace-python.ts";
import { readRubyTraces } from "./trace-ruby.ts";
import { readRustTraces } from "./trace-rust.ts";

export type { Frame, ThrownError } from "./trace-parts.ts";

/** What the texts of `error_traces` hold. */
export interface Traces {
  /** In the order of the texts. */
  thrown: ThrownError[];
  /** Lines of the texts that are not frames, without colours: names and values for a search. */
  prose: string[];
  /** What was left out for its size, as sentences. */
  cuts: string[];
}

/** Most characters that are read of one text: half from its start, half from its end. */
const max_characters = 2_000_000;

/** Most characters that are read of one line. */
const max_line_characters = 2000;

/** Most frames that one thrown error keeps: the innermost and the outermost. */
const max_frames = 400;

/** Node's comes last: its frames have the loosest form. */
const readers = [readPythonTraces, readJavaTraces, readGoTraces, readRustTraces, readRubyTraces, readNodeTraces];

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what it removes
const colours = /\u001b\[[0-9;?]*[ -/]*[@-~]/g;

/** Reads every trace of every language in the texts; a text without any is one bare message. */
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
    // With nothing else in the text, its first line is what the places belong to.
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

/** Places that other lines name: `src/a.ts:10:5`, `lib/b.c:3: error`, as compilers and test runners print them. */
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

/** Recursion says the same frames again and again: each is kept once, and the middle of what is still too long is left out. */
function withoutRecursion(frames: readonly Frame[], cuts: string[]): Frame[] {
  const seen = new Set<string>();
  const kept = frames.filter((frame) => {
    const key = `${frame.path}:${frame.line}:${frame.column ?? ""}:${frame.function ?? ""}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  if (kept.length <= max_frames) return kept;
  cuts.push(`${kept.length - max_frames} frames in the middle of a trace were not looked at.`);
  return [...kept.slice(0, max_frames / 2), ...kept.slice(-max_frames / 2)];
}

function shorten(text: string): string {
  if (text.length <= max_characters) return text;
  return `${text.slice(0, max_characters / 2)}\n${text.slice(-max_characters / 2)}`;
}
