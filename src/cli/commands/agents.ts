import type { Command } from "commander";
import type { Agent, LaunchContext } from "#agents";
import { agentsByName } from "#catalog";
import { DispatchError, suggest } from "#errors";
import { type Cell, drawTable, indentText, type Page } from "#reports";
import type { CommandIo } from "../command-io.ts";
import { configuredAgents } from "../configured-agents.ts";
import { type InputField, inputFields } from "../input-fields.ts";
import { stdoutPage } from "../page.ts";
import { jsonSchema } from "../schemas.ts";

const examples = `
Examples:
  dispatch agents                 all agents
  dispatch agents command         the input_data of the agent command
  dispatch agents --json | jq -r '.[] | select(.ready) | .name'`;

/** `dispatch agents`. */
export function defineAgents(command: Command, { streams }: CommandIo): void {
  command
    .argument("[name]", "show this agent and the keys of its input_data")
    .option("--json", "print JSON")
    .addHelpText("after", examples)
    .action(async (name: string | undefined, flags: { json?: true }) => {
      const write = (data: unknown, text: () => string): void => {
        streams.print(flags.json ? `${JSON.stringify(data, undefined, 2)}\n` : text());
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
        throw new DispatchError("not_found", `Unknown agent ${JSON.stringify(name)}.`, { advice: suggest(name, names) });
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
  /** The variable or file with the credentials. Null if none was found, or if the agent needs none. */
  signed_in: string | null;
  /** How to sign in; null if credentials were found, or if the agent needs none. */
  sign_in: string | null;
  description: string;
  capabilities: readonly string[];
  triggers: readonly string[];
}

async function describeAgent(agent: Agent, where: LaunchContext): Promise<AgentRow> {
  const { name, aliases, adapter, description, capabilities, triggers } = agent;
  const probe = await agent.probe(where);
  const state = probe.found
    ? { ready: true, version: probe.version, why_not: null }
    : { ready: false, version: null, why_not: probe.why_not };
  const status = agent.signInStatus?.(where);
  const signed_in = status !== undefined && "signed_in" in status ? status.signed_in : null;
  const sign_in = status !== undefined && "sign_in" in status ? status.sign_in : null;
  return { name, aliases, adapter, ...state, signed_in, sign_in, description, capabilities, triggers };
}

function stateCell({ ready, version, signed_in, sign_in }: AgentRow, { paint }: Page): Cell {
  if (!ready) return { text: "not ready", paint: paint.warn };
  if (sign_in !== null) return { text: `installed (${version}), no credentials found`, paint: paint.warn };
  return { text: `ready (${version}${signed_in === null ? "" : `, credentials from ${signed_in}`})`, paint: paint.good };
}

function listText(rows: readonly AgentRow[], page: Page): string {
  const cells = rows.map((row) => [
    { text: row.name, paint: page.paint.strong },
    { text: row.adapter },
    stateCell(row, page),
    { text: row.description },
  ]);
  const table = drawTable(["agent", "adapter", "state", "description"], cells, page);
  const setup = rows.flatMap((row) => {
    const steps = setupSteps(row);
    return steps === undefined ? [] : [indentText(`${row.name}: ${steps}`, "  ", page)];
  });
  return setup.length === 0 ? table : `${table}\n${page.paint.strong("To set up the other agents")}\n${setup.join("\n")}\n`;
}

/** Returns why an agent is not ready and how to fix it. Kept out of the table, which may cut long text. */
function setupSteps({ ready, why_not, sign_in }: AgentRow): string | undefined {
  if (!ready) return sentence(why_not ?? "");
  return sign_in === null ? undefined : sign_in;
}

const sentence = (text: string): string => `${text.replace(/\.$/, "")}.`;

function agentText(about: AgentRow, fields: readonly InputField[], page: Page): string {
  const { strong, dim } = page.paint;
  const { name, aliases, adapter, description, capabilities, triggers } = about;
  const { text, paint = strong } = stateCell(about, page);
  const setup = setupSteps(about);
  const cells = fields.map((field) => [
    { text: field.name, paint: strong },
    { text: field.type },
    { text: field.required ? "yes" : "no" },
    { text: field.description },
  ]);
  const lines = [
    indentText(`${strong(name)}: ${description}`, "", page),
    "",
    ...(aliases.length === 0 ? [] : [`aliases       ${aliases.join(", ")}`]),
    `adapter       ${adapter}, ${paint(text)}`,
    ...(setup === undefined ? [] : [indentText(`setup         ${setup}`, "", page)]),
    `capabilities  ${capabilities.join(", ")}`,
    `triggers      ${triggers.join(", ")}`,
    "",
    drawTable(["input_data", "type", "required", "description"], cells, page),
    dim(`JSON Schema: dispatch schema ${name}`),
  ];
  return `${lines.join("\n")}\n`;
}
