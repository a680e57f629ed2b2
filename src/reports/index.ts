/**
 * Room `reports`: renders events, graphs and recorded runs as text for people and other programs. Only the progress
 * display writes to a stream itself.
 */
export { contextSummary } from "./context-text.ts";
export { dispatchHint } from "./dispatch-hint.ts";
export { showDuration } from "./duration.ts";
export type { GithubReport } from "./github.ts";
export { max_summary_bytes } from "./github.ts";
export { drawDot } from "./graph/draw-dot.ts";
export { drawMermaid } from "./graph/draw-mermaid.ts";
export { drawText, type TextOptions } from "./graph/draw-text.ts";
export type { Picture, PicturedTask } from "./graph/picture.ts";
export { type Cell, drawTable, indentText, type Page, type Paint, plain_paint } from "./layout.ts";
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
export { githubReport, type ReportKind, renderReport, report_kinds } from "./report.ts";
export { renderRunList, renderRunTable } from "./run-table.ts";
export { type RunView, type TaskState, type TaskView, viewRun } from "./run-view.ts";
export { renderTaskReport } from "./task-report.ts";
