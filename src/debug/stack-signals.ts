import type { ResolvedError } from "./clues.ts";
import type { Unit } from "./unit.ts";

/** A line that contains the text of an error. */
export interface RaisedPlace {
  path: string;
  line: number;
}

/** Returns the units of a file around a line, innermost last. */
const unitsAround = (units: readonly Unit[], path: string, line: number): Unit[] =>
  units.filter(({ definition }) => definition.file === path && definition.first <= line && line <= definition.last);

/** The weight of an error's stack by its relation to the other errors; a cause comes first. */
const by_relation = { none: 0.95, cause: 1, context: 0.85, member: 0.9, suppressed: 0.5, goroutine: 0.4 } as const;

/** Sets the frame signals of the units that contain the errors' frames. */
export function markFrames(units: readonly Unit[], errors: readonly ResolvedError[]): void {
  const on_stack = new Map<string, number>();
  errors.forEach((error, at) => {
    // Earlier errors weigh more than later ones.
    // A place in plain text, such as a warning's, weighs less than a stack.
    const of_kind = error.language === "text" && errors.length > 1 ? 0.3 : by_relation[error.relation ?? "none"];
    const of_error = of_kind / (1 + 0.1 * Math.min(at, 10));
    let depth = 0;
    for (const frame of error.frames) {
      if (frame.origin !== "own" || frame.file === undefined) continue;
      const weight = of_error * 0.75 ** depth++;
      on_stack.set(frame.file, Math.max(on_stack.get(frame.file) ?? 0, weight));
      const unit = unitsAround(units, frame.file, frame.line).at(-1);
      if (unit === undefined) continue;
      unit.signals.frame = Math.max(unit.signals.frame, weight);
      unit.frame_lines.push(frame.line);
    }
  });
  for (const { definition, signals } of units) signals.file_frame = on_stack.get(definition.file) ?? 0;
}

/** Sets the signal `raised` of the units that contain the errors' texts. */
export function markRaised(units: readonly Unit[], raised: readonly RaisedPlace[]): void {
  for (const { path, line } of raised) {
    const unit = unitsAround(units, path, line).at(-1);
    if (unit === undefined) continue;
    unit.signals.raised = 1;
    unit.raised_lines.push(line);
  }
}
