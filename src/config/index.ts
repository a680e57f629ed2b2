/**
 * Room `config`: the option table and the precedence of its layers, lowest first: defaults, dispatch.config.json, the
 * task file's `config`, the environment, flags.
 */
export { type AgentConfig, adapters, agent_name, agentConfigSchema, program_adapters, providers } from "./agent.ts";
export { once } from "./once.ts";
export {
  type Config,
  type ConfigInput,
  type ConfigName,
  type ContextInput,
  config_schema,
  contextSchema,
  defaults,
  options,
  type RagConfig,
  variableOf,
} from "./options.ts";
export {
  config_file,
  configFromEnvironment,
  configFromFlags,
  configFromOptions,
  expectation,
  type Layer,
  mergeConfig,
  readConfigFile,
} from "./resolve.ts";
