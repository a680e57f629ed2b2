/**
 * Room `reports`: what people and other programs see of a run. Takes events or a recorded run, gives text; only the
 * progress on a terminal writes by itself.
 */
export { dispatchHint } from "./dispatch-hint.ts";
export { createProgress } from "./progress/create-progress.ts";
export {
  type ColourLevel,
  colourLevel,
  type Progress,
  type ProgressMode,
  type ProgressOptions,
  type ProgressStream,
  progressMode,
} from "./progress/progress.ts";
