import { mergeConfig } from "#config";
import { readConfigSources } from "#dispatch";
import { DispatchError } from "#errors";

/**
 * The trace directory that a command about recorded runs reads, as `run` without a task file would choose it: the flag,
 * the environment, dispatch.config.json, the default. Throws a `DispatchError` with every problem.
 */
export async function traceDirectory(flag: string | undefined): Promise<string> {
  const flags = flag === undefined ? {} : { trace_dir: flag };
  const layers = await readConfigSources({ cwd: process.cwd(), env: process.env, flags, options: {} });
  const problems = [...layers.problems];
  if (problems.length > 0) throw new DispatchError("bad_input", "The configuration has problems.", { problems });
  return mergeConfig(layers.file, layers.env, layers.flags).trace_dir;
}
