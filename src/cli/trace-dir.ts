import { mergeConfig } from "#config";
import { readConfigSources } from "#dispatch";
import { DispatchError } from "#errors";

/**
 * Returns the trace directory for commands about recorded runs: from the flag, the environment, dispatch.config.json or
 * the default, in this order. Throws a `DispatchError` with every problem.
 */
export async function traceDirectory(flag: string | undefined): Promise<string> {
  const flags = flag === undefined ? {} : { trace_dir: flag };
  const sources = await readConfigSources({ cwd: process.cwd(), env: process.env, flags, options: {} });
  const problems = [...sources.problems];
  if (problems.length > 0) throw new DispatchError("bad_input", "The configuration is invalid.", { problems });
  return mergeConfig(sources.file, sources.env, sources.flags).trace_dir;
}
