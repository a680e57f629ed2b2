import type { Command } from "commander";
import { type Agent, agentsByName, agentsOf, type Where } from "#agents";
import { readLayers } from "#dispatch";
import { DispatchError } from "#errors";
import { type Cell, drawTable, indentText, type Page } from "#reports";
import { suggest } from "#tasks";
import type { CommandContext } from "../context.ts";
import { type InputField, inputFields } from "../input-fields.ts";
import { stdoutPage } from "../page.ts";
import { jsonSchema } from "../schemas.ts";

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
      const where = { env: process.env, cwd: process.cwd() };
      const agents = await configuredAgents(where);
      if (name === undefined) {
        const rows = await Promise.all(agents.map((agent) => describeAgent(agent, where)));
        write(rows, () => listText(rows, stdoutPage()));
        return;
      }
      const agent = agentsByName(agents).get(name);
      if (agent === undefined) {
        const names = agents.map((one) => one.name);
        throw new DispatchError("not_found", `There is no agent ${JSON.stringify(name)}.`, { advice: suggest(name, names) });
      }
      const about = await describeAgent(agent, where);
      const input = inputFields(jsonSchema(agent.input, "input"));
      write({ ...about, input }, () => agentText(about, input, stdoutPage()));
    });
}

interface AgentRow {
  name: string;
  aliases: readonly string[];
  adapter: string;
  ready: boolean;
  version: string | null;
  why_not: string | null;
  description: string;
  capabilities: readonly string[];
  triggers: readonly string[];
}

/** The agents that a task here may name, those of dispatch.config.json among them. */
async function configuredAgents({ env, cwd }: Where): Promise<readonly Agent[]> {
  const { file, problems } = await readLayers({ cwd, env, flags: {}, options: {} });
  if (problems.length > 0) throw new DispatchError("bad_input", "The configuration has problems.", { problems });
  return agentsOf(file.agents);
}

async function describeAgent(agent: Agent, where: Where): Promise<AgentRow> {
  const { name, aliases, adapter, description, capabilities, triggers } = agent;
  const probe = await agent.probe(where);
  const state = probe.found
    ? { ready: true, version: probe.version, why_not: null }
    : { ready: false, version: null, why_not: probe.why_not };
  return { name, aliases, adapter, ...state, description, capabilities, triggers };
}

function stateCell({ ready, version, why_not }: AgentRow, { paint }: Page): Cell {
  return ready ? { text: `ready (${version})`, paint: paint.good } : { text: `not ready: ${why_not}`, paint: paint.warn };
}

function listText(rows: readonly AgentRow[], page: Page): string {
  const cells = rows.map((row) => [
    { text: row.name, paint: page.paint.strong },
    { text: row.adapter },
    stateCell(row, page),
    { text: row.description },
  ]);
  return drawTable(["agent", "adapter", "state", "what it does"], cells, page);
}

function agentText(about: AgentRow, fields: readonly InputField[], page: Page): string {
  const { strong, dim } = page.paint;
  const { name, aliases, adapter, description, capabilities, triggers } = about;
  const { text, paint = strong } = stateCell(about, page);
  const cells = fields.map((field) => [
    { text: field.name, paint: strong },
    { text: field.type },
    { text: field.required ? "yes" : "no" },
    { text: field.description },
  ]);
  const lines = [
    indentText(`${strong(name)}: ${description}`, "", page),
    "",
    ...(aliases.length === 0 ? [] : [`also called   ${aliases.join(", ")}`]),
    `adapter       ${adapter}, ${paint(text)}`,
    `capabilities  ${capabilities.join(", ")}`,
    `triggers      ${triggers.join(", ")}`,
    "",
    drawTable(["input_data", "type", "required", "what it is"], cells, page),
    dim(`JSON Schema: dispatch schema ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}
