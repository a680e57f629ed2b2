import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "#errors";
import { messageOf, systemCode } from "#errors";
import { type Config, type ConfigInput, type ConfigName, config_schema, defaults, options, variableOf } from "./options.ts";

/** The name of the configuration file, looked for in the working directory. */
export const config_file = "dispatch.config.json";

/** A layer of configuration: its values, and what was wrong with the rest. */
export interface Layer {
  values: ConfigInput;
  problems: Problem[];
}

/** The configuration in force: each layer wins over the one before it. */
export function mergeConfig(...layers: readonly ConfigInput[]): Config {
  const config: Config = { ...defaults };
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) if (value !== undefined) Object.assign(config, { [name]: value });
  }
  return config;
}

/** Reads DISPATCH_MAX_WORKERS and the like. */
export function configFromEnvironment(env: Readonly<Record<string, string | undefined>>): Layer {
  const given = options.map(({ name }) => [name, variableOf(name), env[variableOf(name)]] as const);
  return fromText(given);
}

/** Reads flag values by their wire name; `flags` has those that the user gave. */
export function configFromFlags(flags: Readonly<Partial<Record<ConfigName, string | boolean>>>): Layer {
  const given = options.map(({ name, flag }) => [name, flag.match(/--[a-z-]+/)?.[0] ?? flag, flags[name]] as const);
  return fromText(given);
}

/** The text of the configuration file in `folder`; undefined where there is none. */
export function readConfigFile(
  folder: string,
): { file: string; text: string } | { file: string; problem: Problem } | undefined {
  const file = join(folder, config_file);
  try {
    return { file, text: readFileSync(file, "utf8") };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    return { file, problem: { file: config_file, message: `Cannot be read: ${messageOf(error)}.` } };
  }
}

function fromText(given: readonly (readonly [ConfigName, string, string | boolean | undefined])[]): Layer {
  const layer: Layer = { values: {}, problems: [] };
  for (const [name, file, text] of given) {
    if (text === undefined || text === "") continue;
    const value = typeof text === "string" ? readValue(name, text) : text;
    const parsed = config_schema.shape[name].safeParse(value);
    if (parsed.success) Object.assign(layer.values, { [name]: parsed.data });
    else
      layer.problems.push({ file, message: `${JSON.stringify(text)} is not allowed.`, advice: `Give ${expectation(name)}.` });
  }
  return layer;
}

function readValue(name: ConfigName, text: string): unknown {
  switch (typeof defaults[name]) {
    case "number":
      return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : text;
    case "boolean":
      return ({ true: true, 1: true, false: false, 0: false } as Record<string, boolean>)[text.toLowerCase()] ?? text;
    default:
      return text;
  }
}

/** What an option may be, in words: made from its bounds, so that it cannot drift from them. */
export function expectation(name: ConfigName): string {
  switch (name) {
    case "max_workers":
    case "retries": {
      const { minValue, maxValue } = config_schema.shape[name].unwrap();
      return `a whole number from ${minValue} to ${maxValue}`;
    }
    case "timeout_seconds":
      return `a number of seconds above 0 and at most ${config_schema.shape[name].unwrap().maxValue?.toLocaleString("en")}`;
    case "fail_fast":
      return "true or false";
    case "trace_dir":
      return "the path of a folder";
  }
}
