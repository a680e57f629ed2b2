import { type Relation, splitError, type ThrownError, type TraceLine } from "./trace-parts.ts";

const frame_line = /^\s*at\s+(?:[\w.$@-]+\/{1,2})?([\w.$<>]+)\.([\w$<>]+)\(([^():]*)(?::(\d+))?\)/;
const error_line =
  /^(\s*)(Exception in thread "[^"]*" |Caused by: |Suppressed: |Wrapped by: )?((?:[\w$]+\.)+[\w$]+|[A-Z][\w$]*(?:Exception|Error))(?:: (.*))?$/;

/** Reads stack traces of Java, Kotlin and Scala, with causes and suppressed exceptions. */
export function readJavaTraces(lines: TraceLine[]): ThrownError[] {
  const thrown: ThrownError[] = [];
  let current: ThrownError | undefined;
  lines.forEach((line, i) => {
    if (line.claimed) return;
    const frame = frame_line.exec(line.text);
    if (frame !== null) {
      const [, owner = "", method = "", file = "", number] = frame;
      line.claimed = true;
      current ??= { language: "java", message: "", frames: [], at: i };
      if (!thrown.includes(current)) thrown.push(current);
      // Native methods and unknown sources have no location.
      if (number === undefined) return;
      const folder = owner.split(".").slice(0, -1).join("/");
      current.frames.push({ path: folder === "" ? file : `${folder}/${file}`, line: Number(number), function: method });
      return;
    }
    if (/^\s*\.\.\. \d+ (?:more|common frames omitted)/.test(line.text)) {
      line.claimed = true;
      return;
    }
    const error = error_line.exec(line.text);
    const next = lines.slice(i + 1, i + 8).some((after) => frame_line.test(after.text));
    if (error === null || !next) return;
    const { type, message } = splitError(`${error[3]}: ${error[4] ?? ""}`);
    current = { language: "java", message, frames: [], at: i };
    if (type !== undefined) current.type = type.split(".").at(-1) ?? type;
    const relation = relationOf(error[2]);
    if (relation !== undefined && thrown.length > 0) current.relation = relation;
    thrown.push(current);
    line.claimed = true;
  });
  return thrown.filter((one) => one.frames.length > 0 || one.type !== undefined);
}

function relationOf(label: string | undefined): Relation | undefined {
  if (label?.startsWith("Caused by") === true) return "cause";
  return label?.startsWith("Suppressed") === true ? "suppressed" : undefined;
}
