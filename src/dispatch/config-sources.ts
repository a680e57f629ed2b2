import { accessSync, constants, lstatSync } from "node:fs";
import { dirname } from "node:path";
import {
  type ConfigInput,
  type ConfigName,
  config_file,
  configFromEnvironment,
  configFromFlags,
  configFromOptions,
  type Layer,
  readConfigFile,
  variableOf,
} from "#config";
import { messageOf, type Problem } from "#errors";
import { isFolder } from "#files";
import { type LoadedFile, loadConfigFile } from "#tasks";

/** The configuration outside the task file, and its problems. */
export interface ConfigSources {
  file: ConfigInput;
  env: ConfigInput;
  flags: ConfigInput;
  options: ConfigInput;
  problems: readonly Problem[];
}

/** Reads every source of configuration except the task file. */
export async function readConfigSources(about: {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  flags: Readonly<Partial<Record<ConfigName, string | boolean>>>;
  options: ConfigInput;
}): Promise<ConfigSources> {
  const { cwd, env, flags, options } = about;
  const from_env = configFromEnvironment(env);
  const from_flags = configFromFlags(flags);
  const from_options = configFromOptions(options);
  const read = await readConfigSource(cwd);
  const problems = [...read.problems, ...from_env.problems, ...from_flags.problems, ...from_options.problems];
  return {
    file: read.values,
    env: from_env.values,
    flags: from_flags.values,
    options: from_options.values,
    problems,
  };
}

async function readConfigSource(cwd: string): Promise<Layer> {
  const found = readConfigFile(cwd);
  if (found === undefined) return { values: {}, problems: [] };
  if ("problem" in found) return { values: {}, problems: [found.problem] };
  const read = await loadConfigFile(found.file, found.text);
  return "config" in read ? { values: read.config, problems: [] } : { values: {}, problems: read.problems };
}

/** Checks that the workspace is a folder; `by_flag` if `--workspace` named it. */
export function checkWorkspace(workspace_path: string, by_flag: boolean, findings: LoadedFile["findings"]): Problem[] {
  if (isFolder(workspace_path)) return [];
  const message = `The workspace ${workspace_path} is not a folder.`;
  const advice = "Name an existing folder.";
  if (by_flag) return [{ file: "--workspace", message, advice }];
  findings.add({ path: ["workspace_path"], message, advice });
  return [];
}

/** Checks, without creating it, that the trace directory can be written. The problem is placed where the directory was named. */
export function checkTraceDir(trace_dir: string, layers: ConfigSources, { config, findings }: LoadedFile): Problem[] {
  let why: string | undefined;
  let path = trace_dir;
  // The nearest existing parent must be a folder that can be written.
  while (!exists(path) && dirname(path) !== path) path = dirname(path);
  if (!isFolder(path)) why = `${path} is not a folder`;
  else {
    try {
      accessSync(path, constants.W_OK | constants.X_OK);
    } catch (error) {
      why = messageOf(error);
    }
  }
  if (why === undefined) return [];
  const message = `The trace directory ${trace_dir} cannot be written: ${why}.`;
  const advice = "Name another directory with --trace-dir.";
  const place = (file: string): Problem[] => [{ file, message, advice }];
  if (layers.options.trace_dir !== undefined) return place("options.config.trace_dir");
  if (layers.flags.trace_dir !== undefined) return place("--trace-dir");
  if (layers.env.trace_dir !== undefined) return place(variableOf("trace_dir"));
  if (config.trace_dir === undefined) return place(layers.file.trace_dir === undefined ? trace_dir : config_file);
  findings.add({ path: ["config", "trace_dir"], message, advice });
  return [];
}

const exists = (path: string): boolean => {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
};
