import type { AgentConfig } from "#config";
import type { Permissions } from "./permissions.ts";
import type { TurnState } from "./turn-state.ts";

/** An agent's settings from the configuration, with defaults filled in. */
export interface AgentSettings {
  model: string | undefined;
  permissions: Permissions;
  /** Replaces the program's name, for example with `["npx", "codex"]`. */
  command: readonly [string, ...string[]] | undefined;
  /** Added to the program's arguments. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Further variables of dispatch's environment to pass to it. */
  pass_env: readonly string[];
  trust_workspace: boolean;
  /** US dollars per million tokens. */
  price: { input: number; cached_input?: number | undefined; output: number } | undefined;
}

/** Fills in the defaults of an agent's configuration. */
export function settingsOf(config: Omit<AgentConfig, "adapter"> = {}): AgentSettings {
  const [file, ...prefix_args] = config.command ?? [];
  return {
    model: config.model,
    permissions: config.permissions ?? "edit",
    command: file === undefined ? undefined : [file, ...prefix_args],
    args: config.args ?? [],
    env: config.env ?? {},
    pass_env: config.pass_env ?? [],
    trust_workspace: config.trust_workspace ?? false,
    price: config.price,
  };
}

/** Adds the cost from the user's price table, unless the agent has reported it. */
export function addCost(turn: Pick<TurnState, "usage">, { price }: Pick<AgentSettings, "price">): void {
  const { usage } = turn;
  if (usage === undefined || usage.cost_usd !== undefined || price === undefined) return;
  const cached = usage.cached_input_tokens ?? 0;
  const millionths =
    (usage.input_tokens - cached) * price.input +
    cached * (price.cached_input ?? price.input) +
    usage.output_tokens * price.output;
  turn.usage = { ...usage, cost_usd: millionths / 1e6 };
}
