import type { AgentConfig, providers } from "#config";

/** An endpoint, as the configuration has it. */
export interface Endpoint {
  provider: (typeof providers)[number];
  /** Undefined: the provider's own. */
  base_url: string | undefined;
  model: string;
  /** The environment variable that holds the key; some endpoints need none. */
  key_variable: string | undefined;
  max_output_tokens: number | undefined;
  price: AgentConfig["price"];
}
