import { type Frame, normalizePath, type ThrownError, type TraceLine } from "./trace-parts.ts";

/** Reads Go panics with the stacks of their goroutines, and the locations that `go test` prints. */
export function readGoTraces(lines: TraceLine[]): ThrownError[] {
  const thrown: ThrownError[] = [];
  let message = "";
  let message_at = -1;
  let current: ThrownError | undefined;
  lines.forEach((line, i) => {
    if (line.claimed) return;
    const panic = /^\s*(?:panic|fatal error): (.*?)(?: \[recovered\])?$/.exec(line.text);
    if (panic !== null) {
      line.claimed = true;
      if (message_at < 0) {
        message = panic[1] ?? "";
        message_at = i;
      }
      current = undefined;
      return;
    }
    if (/^\s*goroutine \d+ (?:gp=\S+ m=\S+ )?(?:mp=\S+ )?\[[^\]]+\]:/.test(line.text)) {
      line.claimed = true;
      const is_first = thrown.length === 0 || message_at > (thrown.at(-1)?.at ?? -1);
      current = {
        language: "go",
        message: is_first ? message : "",
        frames: [],
        at: message_at >= 0 && is_first ? message_at : i,
      };
      if (!is_first) current.relation = "goroutine";
      else message_at = -1;
      thrown.push(current);
      return;
    }
    const place = /^\s+((?:[A-Za-z]:)?\S[^:]*\.go):(\d+)(?: \+0x[0-9a-f]+)?\s*$/.exec(line.text);
    if (place === null) return;
    line.claimed = true;
    const frame: Frame = { path: normalizePath(place[1] ?? ""), line: Number(place[2]) };
    const before = lines[i - 1];
    const called =
      before === undefined
        ? null
        : /^\s*(?:created by )?([\w./*()\-[\]]+?)\.?([\w]+)(?:\(.*\)|\.func\d+.*| in goroutine \d+)?\s*$/.exec(before.text);
    if (called?.[2] !== undefined && before !== undefined) {
      frame.function = called[2];
      before.claimed = true;
    }
    current ??= { language: "go", message, frames: [], at: i };
    if (!thrown.includes(current)) thrown.push(current);
    current.frames.push(frame);
  });
  for (const one of thrown) {
    // Drop the innermost frames, which belong to the runtime's panic handling.
    one.frames = one.frames.filter(
      (frame) => !/\/src\/runtime\/(?:panic|debug\/stack|signal_\w+|asm_\w+|proc)\.(?:go|s)$/.test(frame.path),
    );
  }
  return thrown.filter((one) => one.frames.length > 0 || one.message !== "");
}
