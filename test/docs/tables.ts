/** Fills the tables of docs/ from the schemas, the option table, the commands' own flags and the event types. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, type Option } from "commander";
import { adapters, options, variableOf } from "#config";
import { error_kinds } from "#events";
import { isRetryable } from "#scheduler";
import { root } from "../support/rig.ts";
import { adapters_about, error_kinds_about, exit_codes_about, given_variables, read_variables } from "./about.ts";
import { eventTypes } from "./event-types.ts";
import { configTable, definitionIn, keyTable, longFlag, schemaOf, settingsTable } from "./keys.ts";
import { code, table } from "./markdown.ts";

/** Every table that a page can ask for, by the name in its marker. */
const tables: Readonly<Record<string, (argument: string) => string | Promise<string>>> = {
  "task-file-keys": () => keyTable(definitionIn("task-file", "TaskFile")),
  "task-keys": () => keyTable(definitionIn("task-file", "Task")),
  "config-keys": configTable,
  flags: flagTable,
  "agent-settings": settingsTable,
  // These two take what every agent with a prompt takes.
  input: (agent) => keyTable(schemaOf(agent === "acp" || agent === "api" ? "claude" : agent)),
  adapters: adapterTable,
  "error-kinds": errorKindTable,
  "exit-codes": () => table(["code", "meaning"], exit_codes_about),
  environment: environmentTable,
  events: eventTable,
};

/** The names of all tables, as markers have them: `flags run`. */
export const table_names: readonly string[] = Object.keys(tables).flatMap((name) => {
  if (name === "input") return ["command", "coder", "debug", "claude"].map((agent) => `input ${agent}`);
  return name === "flags" ? commandNames().map((command) => `flags ${command}`) : [name];
});

const marked = /(<!-- generated: ([a-z-]+)(?: ([a-z-]+))? -->\n)[\s\S]*?(<!-- \/generated -->)/g;

/** Returns a page with the text between each pair of markers replaced by the table as it is now. */
export async function withTables(page: string): Promise<string> {
  let filled = "";
  let end = 0;
  for (const { 0: whole, 1: open = "", 2: name = "", 3: argument = "", 4: close = "", index } of page.matchAll(marked)) {
    const make = tables[name];
    if (make === undefined) throw new Error(`There is no table ${name}. There are ${table_names.join(", ")}.`);
    filled += `${page.slice(end, index)}${open}\n${await make(argument)}\n\n${close}`;
    end = index + whole.length;
  }
  return filled + page.slice(end);
}

/** The names of the tables that a page asks for. */
export const tablesIn = (page: string): string[] =>
  [...page.matchAll(marked)].map(([, , name = "", argument]) => (argument === undefined ? name : `${name} ${argument}`));

/** The arguments and flags of a command, as commander has them. */
async function flagTable(name: string): Promise<string> {
  const command = await commandOf(name);
  const args = command.registeredArguments.map((argument) => [
    code(argument.required ? `<${argument.name()}>` : `[${argument.name()}]`),
    argument.description,
  ]);
  const flags = command.options.filter(({ hidden }) => !hidden).map((option) => [code(option.flags), flagText(option)]);
  return table(["argument or flag", "meaning"], [...args, ...flags, [code("-h, --help"), "show help"]]);
}

const flagText = ({ description, argChoices }: Option): string =>
  argChoices === undefined ? description : `${description}: ${argChoices.map(code).join(", ")}`;

function commandNames(): string[] {
  return readdirSync(join(root, "src/cli/commands")).map((file) => file.replace(".ts", ""));
}

/** A command with everything that it takes; none of it is run. */
async function commandOf(name: string): Promise<Command> {
  const module: unknown = await import(`../../src/cli/commands/${name}.ts`);
  // The one export of a command's file. Only its action would use the second argument.
  const define = Object.values(module as object)[0] as (command: Command, io: never) => void;
  const command = new Command(name);
  define(command, {} as never);
  return command;
}

function adapterTable(): string {
  const rows = adapters.map((adapter) => {
    const { runs, session, schema, cost } = adapters_about[adapter];
    return [code(adapter), runs, session, schema, cost];
  });
  return table(["adapter", "runs", "retries and resumes", "enforces `output_schema` by", "cost"], rows);
}

function errorKindTable(): string {
  const rows = error_kinds.map((kind) => {
    const { statuses, meaning } = error_kinds_about[kind];
    return [code(kind), statuses.map(code).join(", "), isRetryable(kind) ? "yes" : "no", meaning];
  });
  return table(["kind", "status", "retried", "meaning"], rows);
}

function environmentTable(): string {
  const of_options = options.map(({ name, flag }) => [
    code(variableOf(name)),
    `sets \`${name}\` of the configuration; \`${longFlag(flag)}\` overrides it`,
  ]);
  const read = table(["variable that dispatch reads", "meaning"], [...of_options, ...read_variables]);
  return `${read}\n\n${table(["variable that a task gets", "meaning"], given_variables)}`;
}

function eventTable(): string {
  const sources = ["event", "outcome"].map((name) => readFileSync(join(root, `src/events/${name}.ts`), "utf8"));
  const rows = eventTypes(sources).map(({ type, about, fields }) => [code(type), fields.map(code).join(", "), about]);
  return table(["type", "fields", "when"], rows);
}
