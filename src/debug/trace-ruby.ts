import { type Frame, normalizePath, type ThrownError, type TraceLine } from "./trace-parts.ts";

/** Matches `file.rb:12:in 'method': message (Class)` with the quotes of any Ruby version. */
const first_line =
  /^(?:\s*|.*?: )((?:[A-Za-z]:)?[^\s:]+\.(?:rb|rake|ru|erb|haml)):(\d+):in [`'‘]([^'’]*)['’]: (.*?)(?: \(([A-Z][\w:]*)\))?$/;
const frame_line =
  /^\s*(?:\d+: |# |- )?(?:from )?((?:[A-Za-z]:)?[^\s:]+\.(?:rb|rake|ru|erb|haml)):(\d+)(?::in [`'‘]([^'’]*)['’])?\s*$/;

/** Reads Ruby backtraces as printed by the interpreter, Rails and rspec. */
export function readRubyTraces(lines: TraceLine[]): ThrownError[] {
  const thrown: ThrownError[] = [];
  let current: ThrownError | undefined;
  lines.forEach((line, i) => {
    if (line.claimed) return;
    const first = first_line.exec(line.text);
    if (first !== null) {
      const [, path = "", number, name, message = "", type] = first;
      line.claimed = true;
      current = { language: "ruby", message, frames: [toFrame(path, number, name)], at: i };
      if (type !== undefined) current.type = type;
      if (thrown.length > 0) current.relation = "cause";
      thrown.push(current);
      return;
    }
    const frame = frame_line.exec(line.text);
    if (frame === null) return;
    line.claimed = true;
    if (current === undefined) {
      const error_line = lines
        .slice(Math.max(0, i - 6), i)
        .find(({ text }) => /^\s*[A-Z][\w:]*(?:Error|Exception|Invalid|NotFound)\b/.test(text));
      const parts = /^\s*([A-Z][\w:]*)(?: \((.*)\):?|: ?(.*))?$/.exec(error_line?.text ?? "");
      current = { language: "ruby", message: parts?.[2] ?? parts?.[3] ?? "", frames: [], at: i };
      if (parts?.[1] !== undefined) current.type = parts[1];
      thrown.push(current);
    }
    current.frames.push(toFrame(frame[1] ?? "", frame[2], frame[3]));
  });
  return thrown;
}

function toFrame(path: string, number: string | undefined, name: string | undefined): Frame {
  const frame: Frame = { path: normalizePath(path), line: Number(number) };
  const plain = name
    ?.replace(/^(?:block|rescue|ensure)(?: \(\d+ levels\))? in /, "")
    .split(/[#.]/)
    .at(-1);
  if (plain !== undefined && plain !== "") frame.function = plain;
  return frame;
}
