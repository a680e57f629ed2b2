import type { Agent, LaunchContext } from "#agents";
import { agentsOf } from "#catalog";
import { readConfigSources } from "#dispatch";
import { DispatchError } from "#errors";

/** The agents that a task here may name, those of dispatch.config.json among them. */
export async function configuredAgents({ env, cwd }: LaunchContext): Promise<readonly Agent[]> {
  const { file, problems } = await readConfigSources({ cwd, env, flags: {}, options: {} });
  if (problems.length > 0) throw new DispatchError("bad_input", "The configuration has problems.", { problems });
  return agentsOf(file.agents);
}
