import { type Command, InvalidArgumentError, Option } from "commander";
import { type ConfigInput, type ConfigName, type ContextInput, defaults, options, program_adapters } from "#config";
import type { Plan, PlanOptions } from "#dispatch";
import { nearest } from "#tasks";

/** The flags that decide what is planned, as commander leaves them. */
export interface PlanFlags {
  var?: Record<string, string>;
  select?: string[];
  agent?: NonNullable<ConfigInput["agents"]>;
  workspace?: string;
  enableContext?: true;
  context?: boolean;
  strictContext?: true;
  [flag: string]: unknown;
}

/** Adds the flags that fill in what a task file leaves open: values, and programs behind agents. */
export const addValueFlags = (command: Command): Command =>
  command
    .addOption(new Option("--var <name=value>", "a value for ${NAME} in the task file; repeatable").argParser(collectVariable))
    .addOption(
      new Option(
        "--agent <name=adapter>",
        "the program that stands behind an agent, for example coder=claude; repeatable",
      ).argParser(collectAgent),
    );

/** Adds the flags of every command that reads a task file: values and selection. */
export function addPlanFlags(command: Command): Command {
  return addValueFlags(command)
    .addOption(
      new Option("--select <ids>", "only these tasks, comma-separated, and what they depend on; repeatable").argParser(
        collectIds,
      ),
    )
    .option("--workspace <folder>", "the folder that agents run in");
}

/**
 * Adds the flags of the option table. They have no defaults, so that the configuration file counts; those that are shown
 * are what else holds.
 */
export function addConfigFlags(command: Command, { shows_defaults = true } = {}): Command {
  for (const { name, flag, description } of options) {
    const value = defaults[name];
    if (typeof value !== "boolean") {
      command.option(flag, value === undefined || !shows_defaults ? description : `${description} (default: ${value})`);
      continue;
    }
    const [shown, hidden] = value
      ? [new Option(flag, `do not ${description}`), new Option(flag.replace(/^--no-/, "--"))]
      : [new Option(flag, description), new Option(flag.replace(/^--/, "--no-"))];
    // The positive one first: a negative one alone would be given a default.
    for (const option of value ? [hidden.hideHelp(), shown] : [shown, hidden.hideHelp()]) command.addOption(option);
  }
  return command;
}

/** Adds the flags of every command that gathers context. */
export function addContextFlags(command: Command): Command {
  return command
    .option("--enable-context", "gather context also for tasks that name no requirements, as if they said auto")
    .addOption(new Option("--no-context", "gather none, whatever tasks name").default(undefined))
    .option("--strict-context", "context that is missing is an error before anything runs");
}

/** What the context flags say; that it is off wins over that it is on. */
function contextOf({ enableContext, context, strictContext }: PlanFlags): ContextInput {
  const enabled = context === false ? false : enableContext;
  return { ...(enabled === undefined ? {} : { enabled }), ...(strictContext === undefined ? {} : { strict: strictContext }) };
}

/** What to say of flags that make no difference to this task file: most likely a name is misspelt. */
export const unusedFlags = (flags: PlanFlags, plan: Plan): string[] => [
  ...unusedAgents(flags, plan),
  ...unusedValues(flags, plan),
];

/** Programs that `--agent` put behind agents of which no task makes use. */
function unusedAgents({ agent: named = {} }: PlanFlags, { tasks, agents }: Plan): string[] {
  const used = new Set(tasks.map((task) => task.agent));
  return Object.entries(named).flatMap(([name, { adapter }]) => {
    if (used.has(agents.get(name)?.name ?? name)) return [];
    const near = nearest(name, [...used]);
    const advice = near === undefined ? "" : ` Did you mean ${near}=${adapter}?`;
    return [`--agent ${name}=${adapter}: no task names the agent ${name}.${advice}`];
  });
}

/** What to say of values by `--var` that no string of the task file looks up. */
function unusedValues({ var: given = {} }: PlanFlags, { referenced_names }: Plan): string[] {
  return Object.keys(given).flatMap((name) => {
    if (referenced_names.has(name)) return [];
    const near = nearest(name, [...referenced_names]);
    const advice = near === undefined ? "" : ` Did you mean ${near}?`;
    return [`--var ${name}: nothing in the task file says \${${name}}.${advice}`];
  });
}

/** The plan options that flags say. */
export function planOptionsOf(flags: PlanFlags): Omit<PlanOptions, "text" | "file"> {
  const config: Partial<Record<ConfigName, string | boolean>> = {};
  for (const { name, flag } of options) {
    const value = flags[new Option(flag).attributeName()];
    if (typeof value === "string" || typeof value === "boolean") config[name] = value;
  }
  return {
    flags: config,
    context: contextOf(flags),
    ...(flags.var === undefined ? {} : { vars: flags.var }),
    ...(flags.agent === undefined ? {} : { config: { agents: flags.agent } }),
    ...(flags.select === undefined ? {} : { select: flags.select }),
    ...(flags.workspace === undefined ? {} : { workspace_path: flags.workspace }),
  };
}

function collectVariable(text: string, earlier: Record<string, string> | undefined): Record<string, string> {
  const at = text.indexOf("=");
  const name = text.slice(0, at);
  if (at === -1 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new InvalidArgumentError("Give NAME=VALUE; a name has letters, digits and `_`.");
  }
  return { ...earlier, [name]: text.slice(at + 1) };
}

function collectAgent(text: string, earlier: PlanFlags["agent"]): PlanFlags["agent"] {
  const [name = "", adapter = "", ...more] = text.split("=");
  const known = program_adapters.find((one) => one === adapter);
  if (name === "" || known === undefined || more.length > 0) {
    throw new InvalidArgumentError(
      `Give NAME=ADAPTER; an adapter is one of ${program_adapters.join(", ")}. What needs more than its name is set up in config.agents.`,
    );
  }
  return { ...earlier, [name]: { adapter: known } };
}

function collectIds(text: string, earlier: string[] | undefined): string[] {
  const ids = text.split(",").map((id) => id.trim());
  return [...(earlier ?? []), ...ids.filter((id) => id !== "")];
}
