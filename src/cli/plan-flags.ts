import { type Command, InvalidArgumentError, Option } from "commander";
import { type ConfigInput, type ConfigName, type ContextInput, defaults, options, program_adapters } from "#config";
import type { Plan, PlanOptions } from "#dispatch";
import { nearest } from "#errors";

/** The flags that affect the plan, as commander parses them. */
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

/** Adds the flags for values and adapters. */
export const addValueFlags = (command: Command): Command =>
  command
    .addOption(new Option("--var <name=value>", "value for ${NAME} in the task file; repeatable").argParser(collectVariable))
    .addOption(
      new Option("--agent <name=adapter>", "run an agent with another adapter, for example coder=claude; repeatable").argParser(
        collectAgent,
      ),
    );

/** Adds the flags of every command that reads a task file: values, adapters and selection. */
export function addPlanFlags(command: Command): Command {
  return addValueFlags(command)
    .addOption(
      new Option("--select <ids>", "run only these tasks and their dependencies; comma-separated, repeatable").argParser(
        collectIds,
      ),
    )
    .option("--workspace <folder>", "folder that tasks run in and context comes from");
}

/**
 * Adds the flags of the option table. A flag has no default value, which would override the configuration file; the help
 * shows the default as text.
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
    // The positive option comes first: commander gives a negative option alone a default.
    for (const option of value ? [hidden.hideHelp(), shown] : [shown, hidden.hideHelp()]) command.addOption(option);
  }
  return command;
}

/** Adds the flags of every command that gathers context. */
export function addContextFlags(command: Command): Command {
  return command
    .option("--enable-context", "give every task context; tasks without context_requirements get auto")
    .addOption(new Option("--no-context", "give no task context").default(undefined))
    .option("--strict-context", "fail before any task runs if a context requirement finds nothing");
}

/** Converts the context flags to settings; --no-context overrides --enable-context. */
function contextOf({ enableContext, context, strictContext }: PlanFlags): ContextInput {
  const enabled = context === false ? false : enableContext;
  return { ...(enabled === undefined ? {} : { enabled }), ...(strictContext === undefined ? {} : { strict: strictContext }) };
}

/** Returns warnings about flags without effect on this task file, which are probably misspelt. */
export const unusedFlags = (flags: PlanFlags, plan: Plan): string[] => [
  ...unusedAgents(flags, plan),
  ...unusedValues(flags, plan),
];

/** Warns of `--agent` for agents that no task uses. */
function unusedAgents({ agent: named = {} }: PlanFlags, { tasks, agents }: Plan): string[] {
  const used = new Set(tasks.map((task) => task.agent));
  return Object.entries(named).flatMap(([name, { adapter }]) => {
    if (used.has(agents.get(name)?.name ?? name)) return [];
    const near = nearest(name, [...used]);
    const advice = near === undefined ? "" : ` Did you mean ${near}=${adapter}?`;
    return [`--agent ${name}=${adapter}: no task uses the agent ${name}.${advice}`];
  });
}

/** Warns of `--var` for names that the task file does not use. */
function unusedValues({ var: given = {} }: PlanFlags, { referenced_names }: Plan): string[] {
  return Object.keys(given).flatMap((name) => {
    if (referenced_names.has(name)) return [];
    const near = nearest(name, [...referenced_names]);
    const advice = near === undefined ? "" : ` Did you mean ${near}?`;
    return [`--var ${name}: the task file does not use \${${name}}.${advice}`];
  });
}

/** Converts flags to plan options. */
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
    throw new InvalidArgumentError("Write NAME=VALUE; a name has letters, digits and `_`.");
  }
  return { ...earlier, [name]: text.slice(at + 1) };
}

function collectAgent(text: string, earlier: PlanFlags["agent"]): PlanFlags["agent"] {
  const [name = "", adapter = "", ...more] = text.split("=");
  const known = program_adapters.find((one) => one === adapter);
  if (name === "" || known === undefined || more.length > 0) {
    throw new InvalidArgumentError(
      `Write NAME=ADAPTER; adapters are ${program_adapters.join(", ")}. Configure acp and api agents in config.agents.`,
    );
  }
  return { ...earlier, [name]: { adapter: known } };
}

function collectIds(text: string, earlier: string[] | undefined): string[] {
  const ids = text.split(",").map((id) => id.trim());
  return [...(earlier ?? []), ...ids.filter((id) => id !== "")];
}
