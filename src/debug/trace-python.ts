import { type Frame, normalizePath, type Relation, splitError, type ThrownError, type TraceLine } from "./trace-parts.ts";

/** Prefix of the lines in CPython's exception groups. */
const group_margin = /^\s*(?:[+|]\s?)+/;

/** Reads Python tracebacks, including chained exceptions, exception groups, threads and pytest output. */
export function readPythonTraces(lines: TraceLine[]): ThrownError[] {
  return [...readTracebacks(lines), ...readPytest(lines)];
}

function readTracebacks(lines: TraceLine[]): ThrownError[] {
  const thrown: ThrownError[] = [];
  let frames: Frame[] = [];
  let chain: ThrownError[] = [];
  let relation: Relation | undefined;
  const close = (type: { type?: string; message: string }, at: number): void => {
    const one: ThrownError = { language: "python", ...type, frames: frames.reverse(), at };
    const earlier = chain.at(-1);
    if (relation === "member") one.relation = "member";
    // Later errors in the text were raised later, so the earlier error is the reason.
    else if (relation !== undefined && earlier !== undefined) {
      if (earlier.relation === "member") one.relation = "member";
      earlier.relation = relation;
    }
    chain.push(one);
    frames = [];
    relation = undefined;
  };
  const finish = (): void => {
    thrown.push(...chain);
    chain = [];
  };
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as TraceLine; // within the array
    const margin = group_margin.exec(line.text)?.[0] ?? "";
    const text = line.text.slice(margin.length);
    if (/^\s*(?:Exception Group )?Traceback \(most recent call last\):/.test(text)) {
      line.claimed = true;
      if (relation === undefined && !margin.includes("|")) finish();
      if (margin.includes("|") && chain.length > 0) relation ??= "member";
      frames = [];
      continue;
    }
    if (/direct cause of the following exception/.test(text)) relation = "cause";
    else if (/^\s*During handling of the above exception/.test(text)) relation = "context";
    else {
      const place = /^\s*File "([^"]+)", line (\d+)(?:, in (.+))?$/.exec(text);
      if (place !== null) {
        const frame: Frame = { path: normalizePath(place[1] ?? ""), line: Number(place[2]) };
        if (place[3] !== undefined) frame.function = place[3].trim();
        line.claimed = true;
        const next = lines[i + 1];
        const shown = next?.text.replace(group_margin, "") ?? "";
        if (next !== undefined && /^\s{2,}\S/.test(shown) && !/^\s*File "/.test(shown)) {
          frame.source = shown.trim();
          next.claimed = true;
          i++;
        }
        frames.push(frame);
        continue;
      }
      const after_frame = frames.length > 0 && !/^\s/.test(text) && text.trim() !== "" && !/^[~^\s]+$/.test(text);
      const repeated = /^\s*\[Previous line repeated/.test(text);
      if (repeated || (frames.length > 0 && /^\s*[~^]+\s*$/.test(text))) line.claimed = true;
      // In a group, the prefix includes the blanks before an error line; deeper lines are source lines.
      else if (after_frame && /^[A-Za-z_][\w.]*(?:: |:?$|\s*\()/.test(text)) {
        line.claimed = true;
        close(splitError(text.replace(/ \(\d+ sub-exceptions?\)$/, "")), i);
      }
      continue;
    }
    line.claimed = true;
  }
  if (frames.length > 0) close({ message: "" }, lines.length);
  finish();
  return thrown;
}

/** Reads pytest output: source with a `>` line, `E   ` lines, and `file.py:12: Error` below; outermost frame first. */
function readPytest(lines: TraceLine[]): ThrownError[] {
  const thrown: ThrownError[] = [];
  let frames: Frame[] = [];
  let source: string | undefined;
  let message_lines: string[] = [];
  const close = (type: string | undefined, at: number): void => {
    const { message, ...own } = splitError(message_lines[0] ?? "");
    const name = own.type ?? (type === "" ? undefined : type);
    const whole = own.type === undefined && type !== undefined && message_lines[0] !== undefined ? message_lines[0] : message;
    const text = [whole, ...message_lines.slice(1)].join("\n").slice(0, 4000);
    thrown.push({
      language: "python",
      ...(name === undefined ? {} : { type: name }),
      message: text,
      frames: frames.reverse(),
      at,
    });
    frames = [];
    message_lines = [];
    source = undefined;
  };
  lines.forEach((line, i) => {
    const { text } = line;
    const failing = /^>\s+(.*)$/.exec(text);
    if (failing !== null) source = failing[1];
    const error = /^E(?:\s{3}(.*)|\s*)$/.exec(text);
    if (error !== null) message_lines.push(error[1] ?? "");
    if (/^(_{3,}|={3,}) .+ (_{3,}|={3,})$/.test(text)) {
      if (frames.length > 0) close(undefined, i);
      source = undefined;
      message_lines = [];
    }
    const place = /^([\w./\\:@+ -]+\.pyx?):(\d+): ?(?:in (.+)|([A-Za-z_][\w.]*))?\s*$/.exec(text);
    if (place === null || line.claimed) return;
    line.claimed = true;
    const frame: Frame = { path: normalizePath(place[1] ?? ""), line: Number(place[2]) };
    if (place[3] !== undefined) frame.function = place[3];
    const shown = place[3] === undefined ? source : lines[i + 1]?.text.trim();
    if (shown !== undefined && shown !== "") frame.source = shown;
    frames.push(frame);
    if (place[4] !== undefined) close(place[4], i);
    source = undefined;
  });
  if (frames.length > 0) close(undefined, lines.length);
  return thrown;
}
