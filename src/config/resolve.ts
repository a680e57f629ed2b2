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

/** Name of the configuration file in the working directory. */
export const config_file = "dispatch.config.json";

/** One layer of configuration: its valid values, and the problems of the others. */
export interface Layer {
  values: ConfigInput;
  problems: Problem[];
}

/** Merges layers with the defaults; each layer overrides the ones before it. */
export function mergeConfig(...layers: readonly ConfigInput[]): Config {
  const config: Config = { ...defaults, context: { ...defaults.context } };
  for (const { context, agents, ...layer } of layers) {
    assignGiven(config, layer);
    assignGiven(config.context, context ?? {});
    // Agents are merged by name, so that a task file adds to those of the project.
    config.agents = { ...config.agents, ...agents };
  }
  return config;
}

/** Assigns all values but undefined ones. */
function assignGiven(target: object, values: object): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) Object.assign(target, { [name]: value });
}

/** Reads the options from variables such as DISPATCH_MAX_WORKERS. */
export function configFromEnvironment(env: Readonly<Record<string, string | undefined>>): Layer {
  // An empty variable counts as unset, as in most programs.
  return parseLayer(options.map(({ name }) => [name, variableOf(name), env[variableOf(name)] || undefined]));
}

/** Reads flag values by wire name; `flags` contains only the flags that the user gave. */
export function configFromFlags(flags: Readonly<Partial<Record<ConfigName, string | boolean>>>): Layer {
  return parseLayer(options.map(({ name, flag }) => [name, flag.match(/--[a-z-]+/)?.[0] ?? flag, flags[name]]));
}

/** Checks values that a library caller passes. */
export function configFromOptions(config: Readonly<Record<string, unknown>>): Layer {
  const layer: Layer = { values: {}, problems: [] };
  for (const [key, value] of Object.entries(config)) {
    if (value === undefined) continue;
    if (key === "context") addContext(layer, value);
    else if (isConfigName(key)) addValue(layer, key, `options.config.${key}`, value, value);
    else layer.problems.push({ file: `options.config.${key}`, message: "Unknown option." });
  }
  return layer;
}

/** Returns the text of the configuration file in `folder`, or the problem with it; undefined if the file does not exist. */
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

const isConfigName = (key: string): key is ConfigName => Object.hasOwn(config_schema.shape, key);

function parseLayer(settings: readonly (readonly [ConfigName, string, string | boolean | undefined])[]): Layer {
  const layer: Layer = { values: {}, problems: [] };
  for (const [name, file, text] of settings) {
    if (text !== undefined) addValue(layer, name, file, text, typeof text === "string" ? parseValue(name, text) : text);
  }
  return layer;
}

/** Checks a value and adds it to the layer; a problem quotes it as `written`. */
function addValue(layer: Layer, name: ConfigName, file: string, written: unknown, value: unknown): void {
  const parsed = config_schema.shape[name].safeParse(value);
  if (parsed.success) Object.assign(layer.values, { [name]: parsed.data });
  else {
    const message = `${name} must be ${expectation(name)}, not ${JSON.stringify(written)}.`;
    layer.problems.push({ file, message });
  }
}

function addContext(layer: Layer, value: unknown): void {
  const parsed = contextSchema().safeParse(value);
  if (parsed.success) layer.values.context = parsed.data;
  for (const { path, message } of parsed.error?.issues ?? [])
    layer.problems.push({ file: ["options.config.context", ...path].join("."), message: `${message}.` });
}

function parseValue(name: ConfigName, text: string): unknown {
  switch (name === "budget_usd" ? "number" : typeof defaults[name]) {
    case "number":
      return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : text;
    case "boolean":
      return ({ true: true, 1: true, false: false, 0: false } as Record<string, boolean>)[text.toLowerCase()] ?? text;
    default:
      return text;
  }
}

/** Describes the values that an option accepts. Bounds come from the schema, so that the two cannot differ. */
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
      return "a folder path";
    case "budget_usd":
      return "a number of US dollars above 0";
    case "agents":
      return "an object of agents by name, each with an adapter";
    default:
      return unreachable(name);
  }
}
