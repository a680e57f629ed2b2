import type { Agent, LaunchContext } from "#agents";
import { agentsOf } from "#catalog";
import { readConfigSources } from "#dispatch";
import { DispatchError } from "#errors";

/** Returns the agents that a task in this folder can use, including those of dispatch.config.json. */
export async function configuredAgents({ env, cwd }: LaunchContext): Promise<readonly Agent[]> {
  const { file, problems } = await readConfigSources({ cwd, env, flags: {}, options: {} });
  if (problems.length > 0) throw new DispatchError("bad_input", "The configuration is invalid.", { problems });
  return agentsOf(file.agents);
}
