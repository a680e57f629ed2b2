/**
 * Room `dispatch`: the composition root. `plan` reads and checks a task file, `run` runs it. It joins the
 * other rooms: tasks, graph, scheduler, agents, processes and traces.
 */

export { type ConfigSources, readConfigSources } from "./config-sources.ts";
export type { RunEnd } from "./execute-run.ts";
export { forecastRun, type RunForecast } from "./forecast.ts";
export type { ReuseForecast } from "./forecast-reuse.ts";
export { type Plan, type PlanOptions, plan } from "./plan.ts";
export type { ContextPreview, PreviewedTask } from "./preview-context.ts";
export type { ResumeOptions } from "./resume.ts";
export { planResume, previewContext, previewReuse, type Run, type RunOptions, run, runPlan } from "./run.ts";
export type { RunControl } from "./run-control.ts";
export { version } from "./version.ts";
