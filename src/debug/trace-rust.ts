import { type Frame, normalizePath, type ThrownError, type TraceLine } from "./trace-parts.ts";

/** Reads Rust panics with their backtraces, in the formats before and since Rust 1.73. */
export function readRustTraces(lines: TraceLine[]): ThrownError[] {
  const thrown: ThrownError[] = [];
  let current: ThrownError | undefined;
  lines.forEach((line, i) => {
    if (line.claimed) return;
    const old = /panicked at '(.*)', (\S+?\.rs):(\d+):(\d+)/.exec(line.text);
    const recent = old === null ? /panicked at (\S.*?\.rs):(\d+):(\d+):\s*$/.exec(line.text) : null;
    const parts = old === null ? recent?.slice(1) : old.slice(2);
    if (parts !== undefined) {
      const [path = "", number, column] = parts;
      const next = lines[i + 1];
      const message = old === null ? (next?.text.trim() ?? "") : (old[1] ?? "");
      line.claimed = true;
      if (old === null && next !== undefined) next.claimed = true;
      const frame: Frame = { path: normalizePath(path), line: Number(number), column: Number(column) };
      current = { language: "rust", type: "panic", message, frames: [frame], at: i };
      thrown.push(current);
      return;
    }
    const place = /^\s+at ((?:[A-Za-z]:)?[^:()]+\.rs):(\d+)(?::(\d+))?\s*$/.exec(line.text);
    if (place === null) return;
    line.claimed = true;
    const frame: Frame = { path: normalizePath(place[1] ?? ""), line: Number(place[2]) };
    if (place[3] !== undefined) frame.column = Number(place[3]);
    const before = lines[i - 1];
    const called = before === undefined ? null : /^\s*\d+: (?:0x[0-9a-f]+ - )?(.+?)(?:::h[0-9a-f]{16})?\s*$/.exec(before.text);
    if (called?.[1] !== undefined && before !== undefined) {
      frame.function =
        called[1]
          .replace(/::\{\{closure\}\}/g, "")
          .split("::")
          .at(-1) ?? called[1];
      before.claimed = true;
    }
    if (current === undefined) {
      current = { language: "rust", message: "", frames: [], at: i };
      thrown.push(current);
    }
    current.frames.push(frame);
  });
  return thrown;
}
