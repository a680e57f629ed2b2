import { configFromEnvironment, configFromFlags, mergeConfig, readConfigFile } from "#config";
import { DispatchError, type Problem } from "#errors";
import { loadConfigFile } from "#tasks";

/**
 * The trace directory that a command about recorded runs reads, as `run` without a task file would choose it: the flag,
 * the environment, dispatch.config.json, the default. Throws a `DispatchError` with every problem.
 */
export async function traceDirectory(flag: string | undefined): Promise<string> {
  const from_env = configFromEnvironment(process.env);
  const from_flags = configFromFlags(flag === undefined ? {} : { trace_dir: flag });
  const problems: Problem[] = [...from_env.problems, ...from_flags.problems];
  let from_file = {};
  const found = readConfigFile(process.cwd());
  if (found !== undefined && "problem" in found) problems.push(found.problem);
  else if (found !== undefined) {
    const read = await loadConfigFile(found.file, found.text);
    if ("config" in read) from_file = read.config;
    else problems.push(...read.problems);
  }
  if (problems.length > 0) throw new DispatchError("bad_input", "The configuration has problems.", { problems });
  return mergeConfig(from_file, from_env.values, from_flags.values).trace_dir;
}
