import type { AgentConfig } from "#config";
import type { Permissions } from "./permissions.ts";
import type { TurnState } from "./turn-state.ts";

/** How an agent is run, as the configuration has it, completed. */
export interface AgentSettings {
  model: string | undefined;
  permissions: Permissions;
  /** In place of the program's name: for example `["npx", "codex"]`. */
  command: readonly [string, ...string[]] | undefined;
  /** Added to the program's arguments. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** Variables of dispatch's environment that it is given besides its own. */
  pass_env: readonly string[];
  trust_workspace: boolean;
  /** US dollars for a million tokens. */
  price: { input: number; cached_input?: number | undefined; output: number } | undefined;
}

/** Completes what a configuration says of an agent. */
export function settingsOf(config: Omit<AgentConfig, "adapter"> = {}): AgentSettings {
  const [file, ...more] = config.command ?? [];
  return {
    model: config.model,
    permissions: config.permissions ?? "edit",
    command: file === undefined ? undefined : [file, ...more],
    args: config.args ?? [],
    env: config.env ?? {},
    pass_env: config.pass_env ?? [],
    trust_workspace: config.trust_workspace ?? false,
    price: config.price,
  };
}

/** Adds what the tokens cost by the user's price table, where the agent has not told its cost itself. */
export function addCost(account: Pick<TurnState, "usage">, { price }: Pick<AgentSettings, "price">): void {
  const { usage } = account;
  if (usage === undefined || usage.cost_usd !== undefined || price === undefined) return;
  const cached = usage.cached_input_tokens ?? 0;
  const millionths =
    (usage.input_tokens - cached) * price.input +
    cached * (price.cached_input ?? price.input) +
    usage.output_tokens * price.output;
  account.usage = { ...usage, cost_usd: millionths / 1e6 };
}
