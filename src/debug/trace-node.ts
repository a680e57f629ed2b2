import { type Frame, normalizePath, type Relation, splitError, type ThrownError, type TraceLine } from "./trace-parts.ts";

const place = String.raw`((?:[a-z-]+:(?:\/\/\/?)?)?(?:[A-Za-z]:)?[^:()]+?(?:\?[^:()]*)?):(\d+):(\d+)`;
const with_name = new RegExp(String.raw`^\s*(?:\|\s*)?at (?:async )?(.+?) \(${place}\)[,;{ \[]*$`);
const without_name = new RegExp(String.raw`^\s*(?:\|\s*)?at (?:async )?${place}[,;{ \[]*$`);
/** vitest and Vite: `❯ name src/x.ts:10:5`, `❯ src/x.ts:10:5`. */
const arrow_frame =
  /^\s*(?:❯|›|>)\s+(?:(\S.*?)\s+)?((?:[A-Za-z]:|file:\/\/)?[^\s:()]+\.[cm]?[jt]sx?(?:\?[^\s:]*)?):(\d+):(\d+)\s*$/;
/** Firefox and Safari: `name@url:1:2`. */
const at_sign_frame = /^\s*([\w.$<>/[\]]*)@((?:https?|file|webpack):\/\/\S+?):(\d+):(\d+)\s*$/;
const native = /^\s*at (?:async )?(?:.+ )?\(?(?:<anonymous>|native|index \d+)\)?,?$|^\s*at .+ \((?:<anonymous>|native)\)$/;
/** An uncaught error starts with `file.js:12` and the source line. */
const uncaught = /^((?:file:\/\/|[A-Za-z]:|\/|\.)[^\s:()]*\.[cm]?[jt]sx?):(\d+)$/;
const error_line =
  /^\s*(?:Uncaught\s+|Unhandled\w* \w+:?\s*|⨯\s+)?(?:\[(?=[A-Za-z])|\[?(cause|errors?|\d+)\]?:\s*)?([A-Z][\w.$]*(?:Error|Exception|Failure)\w*|Error|[a-z]\w*Error)(?: \[[\w-]+\])?(?:(?:: )(.*?)|:?)\s*[{\]]?$/;

/** Reads the stacks of V8 and of browsers, also in the output of vitest, jest and mocha. */
export function readNodeTraces(lines: TraceLine[]): ThrownError[] {
  const thrown: ThrownError[] = [];
  let current: ThrownError | undefined;
  let began = -1;
  let first_place: Frame | undefined;
  let in_group = false;
  const lines_of = new Map<ThrownError, TraceLine>();
  const start = (one: ThrownError): ThrownError => {
    thrown.push(one);
    current = one;
    began = one.at;
    return one;
  };
  lines.forEach((line, i) => {
    if (line.claimed) return;
    const frame = readFrame(line.text);
    if (frame !== undefined) {
      line.claimed = true;
      // Java frames never match, because they have no column. A stack without a message has no first line.
      const target = current ?? start({ language: "node", message: "", frames: [], at: i });
      const is_same = frame.path === first_place?.path && frame.line === first_place.line;
      if (first_place !== undefined && !is_same && target.frames.length === 0) target.frames.push(first_place);
      first_place = undefined;
      target.frames.push(frame);
      return;
    }
    if (native.test(line.text)) {
      line.claimed = true;
      return;
    }
    const top = uncaught.exec(line.text);
    if (top !== null) {
      first_place = { path: normalizePath(top[1] ?? ""), line: Number(top[2]) };
      line.claimed = true;
      current = undefined;
      return;
    }
    const error = error_line.exec(line.text);
    if (error === null) {
      // A message may have several lines before its stack.
      if (current !== undefined && current.frames.length === 0 && i - began < 30 && line.text.trim() !== "")
        current.message = `${current.message}\n${line.text.trim()}`.slice(0, 4000);
      if (/\[?errors\]?: \[\s*$/.test(line.text)) in_group = true;
      if (/^\s*(●|FAIL|×|✕|✗|\d+\))\s+\S/.test(line.text)) {
        current = undefined;
        in_group = false;
      }
      return;
    }
    const { type, message } = splitError(`${error[2]}: ${error[3] ?? ""}`);
    const one: ThrownError = { language: "node", message, frames: [], at: i };
    if (type !== undefined) one.type = type;
    const relation = relationOf(error[1], in_group && /^\s{4}/.test(line.text));
    if (relation !== undefined && thrown.length > 0) one.relation = relation;
    lines_of.set(one, line);
    start(one);
  });
  if (first_place !== undefined && thrown.every((one) => one.frames.length === 0))
    (thrown[0] ?? start({ language: "node", message: "", frames: [], at: 0 })).frames.push(first_place);
  // A line that looks like an error but has no stack is prose.
  const stacked = thrown.filter((one) => one.frames.length > 0);
  for (const one of stacked) {
    const line = lines_of.get(one);
    if (line !== undefined) line.claimed = true;
  }
  return stacked;
}

function relationOf(label: string | undefined, is_member: boolean): Relation | undefined {
  if (label === "cause") return "cause";
  return label !== undefined || is_member ? "member" : undefined;
}

function readFrame(text: string): Frame | undefined {
  const named = with_name.exec(text);
  if (named !== null) return toFrame(named[2], named[3], named[4], named[1]);
  const plain = without_name.exec(text);
  if (plain !== null) return toFrame(plain[1], plain[2], plain[3]);
  const arrow = arrow_frame.exec(text);
  if (arrow !== null) return toFrame(arrow[2], arrow[3], arrow[4], arrow[1]);
  const at = at_sign_frame.exec(text);
  if (at !== null) return toFrame(at[2], at[3], at[4], at[1]);
  return undefined;
}

function toFrame(path = "", line = "0", column = "0", name?: string): Frame {
  const frame: Frame = { path: normalizePath(path), line: Number(line), column: Number(column) };
  const plain = name
    ?.replace(/^(?:async|new) /, "")
    .replace(/ \[as .*\]$/, "")
    .split(".")
    .at(-1);
  if (plain !== undefined && plain !== "" && plain !== "<anonymous>") frame.function = plain;
  return frame;
}
