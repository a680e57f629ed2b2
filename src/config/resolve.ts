import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Problem } from "#errors";
import { messageOf, systemCode, unreachable } from "#errors";
import {
  type Config,
  type ConfigInput,
  type ConfigName,
  config_schema,
  contextSchema,
  defaults,
  options,
  variableOf,
} from "./options.ts";

/** The name of the configuration file, looked for in the working directory. */
export const config_file = "dispatch.config.json";

/** A layer of configuration: its values, and what was wrong with the rest. */
export interface Layer {
  values: ConfigInput;
  problems: Problem[];
}

/** The configuration in force: each layer wins over the one before it. */
export function mergeConfig(...layers: readonly ConfigInput[]): Config {
  const config: Config = { ...defaults, context: { ...defaults.context } };
  for (const { context, agents, ...layer } of layers) {
    assignGiven(config, layer);
    assignGiven(config.context, context ?? {});
    // Agents are set one by one: a task file adds to those of the project.
    config.agents = { ...config.agents, ...agents };
  }
  return config;
}

/** A value that is undefined is no value. */
function assignGiven(target: object, values: object): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) Object.assign(target, { [name]: value });
}

/** Reads DISPATCH_MAX_WORKERS and the like. */
export function configFromEnvironment(env: Readonly<Record<string, string | undefined>>): Layer {
  // A variable that is empty counts as unset, as it does for most programs.
  return fromText(options.map(({ name }) => [name, variableOf(name), env[variableOf(name)] || undefined]));
}

/** Reads flag values by their wire name; `flags` has those that the user gave. */
export function configFromFlags(flags: Readonly<Partial<Record<ConfigName, string | boolean>>>): Layer {
  return fromText(options.map(({ name, flag }) => [name, flag.match(/--[a-z-]+/)?.[0] ?? flag, flags[name]]));
}

/** Checks values that a program hands in. */
export function configFromOptions(config: Readonly<Record<string, unknown>>): Layer {
  const layer: Layer = { values: {}, problems: [] };
  for (const [key, value] of Object.entries(config)) {
    if (value === undefined) continue;
    if (key === "context") putContext(layer, value);
    else if (isName(key)) put(layer, key, `options.config.${key}`, value, value);
    else layer.problems.push({ file: `options.config.${key}`, message: "There is no such option." });
  }
  return layer;
}

/** The text of the configuration file in `folder`, or why it cannot be read; undefined where there is none. */
export function readConfigFile(folder: string): { file: string; text: string } | { problem: Problem } | undefined {
  try {
    const bytes = readFileSync(join(folder, config_file));
    return { file: config_file, text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    const why = systemCode(error) === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "it is not UTF-8" : messageOf(error);
    return { problem: { file: config_file, message: `The configuration cannot be read: ${why}.` } };
  }
}

const isName = (key: string): key is ConfigName => Object.hasOwn(config_schema.shape, key);

function fromText(given: readonly (readonly [ConfigName, string, string | boolean | undefined])[]): Layer {
  const layer: Layer = { values: {}, problems: [] };
  for (const [name, file, text] of given) {
    if (text !== undefined) put(layer, name, file, text, typeof text === "string" ? readValue(name, text) : text);
  }
  return layer;
}

function put(layer: Layer, name: ConfigName, file: string, written: unknown, value: unknown): void {
  const parsed = config_schema.shape[name].safeParse(value);
  if (parsed.success) Object.assign(layer.values, { [name]: parsed.data });
  else {
    const message = `${name} must be ${expectation(name)}, not ${JSON.stringify(written)}.`;
    layer.problems.push({ file, message });
  }
}

function putContext(layer: Layer, value: unknown): void {
  const parsed = contextSchema().safeParse(value);
  if (parsed.success) layer.values.context = parsed.data;
  for (const { path, message } of parsed.error?.issues ?? [])
    layer.problems.push({ file: ["options.config.context", ...path].join("."), message: `${message}.` });
}

function readValue(name: ConfigName, text: string): unknown {
  switch (name === "budget_usd" ? "number" : typeof defaults[name]) {
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
    case "redact":
    case "reuse":
      return "true or false";
    case "trace_dir":
      return "the path of a folder";
    case "budget_usd":
      return "a number of US dollars above 0";
    case "agents":
      return "agents by name, each with its adapter";
    default:
      return unreachable(name);
  }
}
