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
Examples:
  dispatch init                   writes ${config_file} and ${example_file}
  dispatch init --print           prints what it would write`;

/** `dispatch init`. */
export function defineInit(command: Command, { streams }: CommandIo): void {
  command
    .option("--force", "replace files that are there")
    .option("--print", "print the configuration, and write nothing")
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
      const taken = files.find(([path]) => flags.force !== true && existsSync(path));
      if (taken !== undefined) {
        throw new DispatchError("usage", `${taken[0]} is there already.`, {
          advice: "Replace it with --force, or see --print.",
        });
      }
      for (const [path, text] of files) {
        openOutput("init", path);
        writeFileSync(path, text);
        streams.note(`Written: ${path}\n`);
      }
      for (const { agent, sign_in } of found)
        if (sign_in !== undefined) streams.note(`${agent.name}: no sign-in was seen. ${sign_in}\n`);
      streams.note(`Next: dispatch validate ${example_file}, then dispatch run ${example_file}\n`);
    });
}

/** A vendor's program, and what its probe said. */
interface PaidAgent {
  agent: Agent;
  version: string | undefined;
  why_not: string | undefined;
  /** How to sign in, where it is here and nobody seems to be. */
  sign_in: string | undefined;
}

/** The agents that cost money, and whether each is here. */
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
  const found = signInStatus?.(where);
  return found !== undefined && "sign_in" in found ? found.sign_in : undefined;
}

/** Who can be asked first: an agent that is here and whose user is signed in, else one that is here. */
const preferredAgent = (found: readonly PaidAgent[]): PaidAgent | undefined => {
  const here = found.filter(({ version }) => version !== undefined);
  return here.find(({ sign_in }) => sign_in === undefined) ?? here[0];
};

/** The configuration: every option with what it is for, and the agents that were found. */
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
          `    // ${name} ${version} was found; it costs money wherever a task names it`,
          ...(sign_in === undefined ? [] : [`    // no sign-in was seen: ${sign_in}`]),
          `    ${entry},`,
        ];
  });
  const role =
    first === undefined
      ? []
      : [
          `    // in the place of the built-in agent, behind the same name and input`,
          `    // "coder": { "adapter": ${JSON.stringify(first.agent.adapter)} },`,
        ];
  const permissions = `  // "read-only": look; "edit": change files inside the workspace; "full": everything, without a question`;
  return ["{", ...rows, permissions, `  "agents": {`, ...agents, ...role, "  }", "}", ""].join("\n");
}

/** A task file for what was found: it costs nothing unless it is run with an agent that does. */
function exampleText(found: readonly PaidAgent[]): string {
  const agent = preferredAgent(found)?.agent.name;
  const look = { task_id: "look", agent: "command", description: "What is here", input_data: { command: "ls" } };
  const ask = {
    task_id: "ask",
    agent,
    description: "Say in one sentence what this folder holds. Change nothing.",
    dependencies: ["look"],
    budget_usd: agent === "claude" ? 0.5 : undefined,
  };
  const tasks = agent === undefined ? [look] : [look, ask];
  return `${JSON.stringify({ tasks }, undefined, 2)}\n`;
}
