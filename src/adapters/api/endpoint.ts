import type { AgentConfig, providers } from "#config";

/** An endpoint from the configuration. */
export interface Endpoint {
  provider: (typeof providers)[number];
  /** Undefined: the provider's default. */
  base_url: string | undefined;
  model: string;
  /** The environment variable that holds the API key; some endpoints need none. */
  key_variable: string | undefined;
  max_output_tokens: number | undefined;
  price: AgentConfig["price"];
}
