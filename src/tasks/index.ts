/**
 * Room `tasks`: the task file. Its schema, reading it with the place of every problem, and the variables and outputs in
 * its strings. Pure: the agents' input schemas, variables and the environment are arguments.
 */
export { type FindingList, pathName } from "./findings.ts";
export type { Variables } from "./interpolate.ts";
export { isTooDeep } from "./json.ts";
export { type LoadedFile, loadConfigFile, loadTaskFile } from "./load.ts";
export { compileOutputSchema, type OutputCheck } from "./output-schema.ts";
export { type Finding, placeOf } from "./places.ts";
export type { AgentInput, LoadContext, Task } from "./read-task.ts";
export { requirement_kinds, requirementProblem } from "./requirements.ts";
export { type ResolveContext, type ResolvedTask, resolveTask } from "./resolve.ts";
export { safeName } from "./safe-name.ts";
export {
  type CommandLine,
  command_schema,
  env_schema,
  type Priority,
  priorities,
  task_file_schema,
  task_schema,
} from "./schema.ts";
