/**
 * Room `dispatch`: the composition root. `plan` reads and checks a task file; `run` carries it out. Here the rooms
 * meet: tasks, graph, scheduler, agents, processes and traces.
 */

export { type ConfigSources, readConfigSources } from "./config-sources.ts";
export type { RunControl, RunEnd } from "./execute-run.ts";
export { forecastRun, type RunForecast } from "./forecast.ts";
export { type Plan, type PlanOptions, plan } from "./plan.ts";
export type { ContextPreview, PreviewedTask } from "./preview-context.ts";
export type { ResumeOptions } from "./resume.ts";
export type { ReuseForecast } from "./reuse/preview.ts";
export { planResume, previewContext, previewReuse, type Run, type RunOptions, run, runPlan } from "./run.ts";
export { version } from "./version.ts";
