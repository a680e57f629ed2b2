import { existsSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import type { Agent, LaunchContext } from "#agents";
import { agentsOf } from "#catalog";
import { config_file, defaults, options, variableOf } from "#config";
import { DispatchError } from "#errors";
import type { CommandIo } from "../command-io.ts";
import { openOutput } from "../output-file.ts";

const example_file = "dispatch.example.json";

const examples = `
The configuration lists every option with its default, and the agents that are installed.

Examples:
  dispatch init            create ${config_file} and ${example_file}
  dispatch init --print    print the configuration instead`;

/** `dispatch init`. */
export function defineInit(command: Command, { streams }: CommandIo): void {
  command
    .option("--force", "replace existing files")
    .option("--print", "print the configuration; write nothing")
    .addHelpText("after", examples)
    .action(async (flags: { force?: true; print?: true }) => {
      const found = await probePaidAgents({ env: process.env, cwd: process.cwd() });
      const config = configText(found);
      if (flags.print) {
        streams.print(config);
        return;
      }
      const files: readonly [string, string][] = [
        [config_file, config],
        [example_file, exampleText(found)],
      ];
      const existing = files.find(([path]) => flags.force !== true && existsSync(path));
      if (existing !== undefined) {
        throw new DispatchError("usage", `${existing[0]} already exists.`, {
          advice: "Use --force to replace it, or --print to print the configuration.",
        });
      }
      for (const [path, text] of files) {
        openOutput("init", path);
        writeFileSync(path, text);
        streams.note(`Created ${path}\n`);
      }
      for (const { agent, sign_in } of found)
        if (sign_in !== undefined) streams.note(`${agent.name}: no credentials found. ${sign_in}\n`);
      streams.note(`Next: dispatch validate ${example_file}, then dispatch run ${example_file}\n`);
    });
}

/** An agent that costs money, with the result of its probe. */
interface PaidAgent {
  agent: Agent;
  version: string | undefined;
  why_not: string | undefined;
  /** How to sign in; only for an installed agent without credentials. */
  sign_in: string | undefined;
}

/** Checks which of the agents that cost money are installed. */
async function probePaidAgents(where: LaunchContext): Promise<readonly PaidAgent[]> {
  const paid = agentsOf().filter(({ is_paid }) => is_paid === true);
  return Promise.all(
    paid.map(async (agent) => {
      const probe = await agent.probe(where);
      return probe.found
        ? { agent, version: probe.version, why_not: undefined, sign_in: signIn(agent, where) }
        : { agent, version: undefined, why_not: probe.why_not, sign_in: undefined };
    }),
  );
}

function signIn({ signInStatus }: Agent, where: LaunchContext): string | undefined {
  const status = signInStatus?.(where);
  return status !== undefined && "sign_in" in status ? status.sign_in : undefined;
}

/** Returns the first installed agent that is signed in, else the first installed one. */
const preferredAgent = (found: readonly PaidAgent[]): PaidAgent | undefined => {
  const installed = found.filter(({ version }) => version !== undefined);
  return installed.find(({ sign_in }) => sign_in === undefined) ?? installed[0];
};

/** Renders the configuration: every option with its description, and the agents. */
function configText(found: readonly PaidAgent[]): string {
  const rows = options.flatMap(({ name, description, flag }) => {
    const value = defaults[name];
    const comment = `  // ${description}; also ${variableOf(name)} and ${flag.match(/--[a-z-]+/)?.[0] ?? flag}`;
    return value === undefined
      ? [comment, `  // ${JSON.stringify(name)}: 5,`]
      : [comment, `  ${JSON.stringify(name)}: ${JSON.stringify(value)},`];
  });
  const first = preferredAgent(found);
  const agents = found.flatMap(({ agent: { name, adapter }, version, why_not, sign_in }) => {
    const entry = `${JSON.stringify(name)}: { "adapter": ${JSON.stringify(adapter)}, "permissions": "edit" }`;
    return version === undefined
      ? [`    // ${name}: ${why_not}`, `    // ${entry},`]
      : [
          `    // ${name} ${version} is installed; tasks that use it cost money`,
          ...(sign_in === undefined ? [] : [`    // no credentials found: ${sign_in}`]),
          `    ${entry},`,
        ];
  });
  const role =
    first === undefined
      ? []
      : [
          `    // runs the tasks of the built-in agent coder, with the same input, on ${first.agent.name}`,
          `    // "coder": { "adapter": ${JSON.stringify(first.agent.adapter)} },`,
        ];
  const permissions = `  // permissions: "read-only", "edit" (files in the workspace), "full" (everything, without asking)`;
  return ["{", ...rows, permissions, `  "agents": {`, ...agents, ...role, "  }", "}", ""].join("\n");
}

/** Renders an example task file. It uses an agent that costs money if one is installed, with a task budget if possible. */
function exampleText(found: readonly PaidAgent[]): string {
  const agent = preferredAgent(found)?.agent.name;
  const list = { task_id: "list", agent: "command", description: "List the files", input_data: { command: "ls" } };
  const describe = {
    task_id: "describe",
    agent,
    description: "Describe this folder in one sentence. Do not change any file.",
    dependencies: ["list"],
    budget_usd: agent === "claude" ? 0.5 : undefined,
  };
  const tasks = agent === undefined ? [list] : [list, describe];
  return `${JSON.stringify({ tasks }, undefined, 2)}\n`;
}
