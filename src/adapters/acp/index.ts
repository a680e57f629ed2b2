/** Agents that speak the Agent Client Protocol, run as child processes. */
import { basename } from "node:path";
import type { Agent } from "#agents";
import type { AgentConfig } from "#config";
import { findProgram } from "#files";
import { input_schema, programs, unknownCost } from "../programs/index.ts";
import { settingsOf } from "../turn/settings.ts";

/** Creates an agent that runs a program over the Agent Client Protocol. */
export function acpAgent(name: string, config: AgentConfig): Agent {
  const settings = settingsOf(config);
  const { command = [name] } = settings;
  const [file] = command;
  // `gemini --acp`, for example, belongs to a vendor whose variables are known.
  const vendor = [...programs.values()].find((program) => program.file === basename(file));
  const missing: Agent["missing"] = ({ env, cwd }) =>
    findProgram(file, env["PATH"], cwd) === undefined
      ? {
          message: `The program ${file} of the agent ${name} was not found.`,
          advice: `Check \`command\` of the agent ${name}.`,
        }
      : undefined;
  return {
    name,
    aliases: [],
    adapter: "acp",
    description: config.description ?? `Runs ${command.join(" ")} over the Agent Client Protocol.`,
    capabilities: ["agent-client-protocol", ...(vendor?.capabilities ?? ["code"])],
    triggers: config.triggers ?? [name],
    input: input_schema,
    shell_fields: [],
    requires_prompt: true,
    is_paid: true,
    ...unknownCost(name, settings, command.join(" ")),
    missing,
    probe: async (context) => {
      const problem = missing(context);
      return problem === undefined ? { found: true, version: "acp" } : { found: false, why_not: `${file} was not found` };
    },
    load: () => import("./run-acp.ts"),
    async *run(job, signal) {
      const { runAcp } = await import("./run-acp.ts");
      const title = `The agent ${name}`;
      const sign_in = vendor?.sign_in ?? `Sign in with ${file} itself, or list its variables in \`pass_env\`.`;
      // Gemini CLI 0.61 reads a file through its client before it writes it, and so cannot create a new one.
      const reads_files_itself = vendor?.name === "gemini";
      const program = { title, sign_in, command, settings, env_prefixes: vendor?.env_prefixes ?? [], reads_files_itself };
      return yield* runAcp(program, job, signal);
    },
  };
}
