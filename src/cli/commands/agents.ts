import type { Command } from "commander";
import { type Agent, agents } from "#agents";
import { DispatchError } from "#errors";
import { suggest } from "#tasks";
import type { CommandContext } from "../context.ts";
import { type InputField, inputFields } from "../input-fields.ts";
import { jsonSchema } from "../schemas.ts";
import { outputColours, table } from "../terminal.ts";

const examples = `
Examples:
  dispatch agents                 every agent, and whether it is ready to run
  dispatch agents command         what its input_data takes
  dispatch agents --json | jq -r '.[] | select(.ready) | .name'`;

/** `dispatch agents`. */
export function defineAgents(command: Command, { streams }: CommandContext): void {
  command
    .argument("[name]", "show what this agent's input_data takes")
    .option("--json", "print JSON")
    .addHelpText("after", examples)
    .action(async (name: string | undefined, flags: { json?: true }) => {
      const write = (data: unknown, text: () => string): void => {
        streams.out(flags.json ? `${JSON.stringify(data, undefined, 2)}\n` : text());
      };
      if (name === undefined) {
        const rows = await Promise.all(agents.map(describeAgent));
        write(rows, () => listText(rows));
        return;
      }
      const agent = agents.find((one) => one.name === name);
      if (agent === undefined) {
        const names = agents.map((one) => one.name);
        throw new DispatchError("not_found", `There is no agent ${JSON.stringify(name)}.`, { advice: suggest(name, names) });
      }
      const about = await describeAgent(agent);
      const input = inputFields(jsonSchema(agent.input, "input"));
      write({ ...about, input }, () => agentText(about, input));
    });
}

interface AgentRow {
  name: string;
  adapter: string;
  ready: boolean;
  version: string | null;
  why_not: string | null;
  description: string;
  capabilities: readonly string[];
  triggers: readonly string[];
}

async function describeAgent(agent: Agent): Promise<AgentRow> {
  const { name, adapter, description, capabilities, triggers } = agent;
  const probe = await agent.probe();
  const state = probe.found
    ? { ready: true, version: probe.version, why_not: null }
    : { ready: false, version: null, why_not: probe.why_not };
  return { name, adapter, ...state, description, capabilities, triggers };
}

function stateText({ ready, version, why_not }: AgentRow): string {
  const colours = outputColours();
  return ready ? colours.green(`ready (${version})`) : colours.yellow(`not ready: ${why_not}`);
}

function listText(rows: readonly AgentRow[]): string {
  const { bold } = outputColours();
  const head = ["AGENT", "ADAPTER", "STATE", "WHAT IT DOES"].map((text) => bold(text));
  return table([head, ...rows.map((row) => [row.name, row.adapter, stateText(row), row.description])]);
}

function agentText(about: AgentRow, fields: readonly InputField[]): string {
  const { bold, dim } = outputColours();
  const { name, adapter, description, capabilities, triggers } = about;
  const lines = [
    `${bold(name)}: ${description}`,
    "",
    table([
      ["adapter", adapter],
      ["state", stateText(about)],
      ["capabilities", capabilities.join(", ")],
      ["triggers", triggers.join(", ")],
    ]),
    bold("input_data"),
    table(
      fields.map((field) => [`  ${field.name}`, field.type, field.required ? "required" : dim("optional"), field.description]),
    ),
    dim(`JSON Schema: dispatch schema ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}
