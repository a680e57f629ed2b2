/** The vendors' programs as agents. One file per vendor defines how to start its program and how to read its output. */
import * as z from "zod";
import type { Agent } from "#agents";
import type { AgentConfig } from "#config";
import { findProgram } from "#files";
import { installLine } from "../turn/conclude.ts";
import { type AgentSettings, settingsOf } from "../turn/settings.ts";
import { claude } from "./claude.ts";
import { codex } from "./codex.ts";
import { gemini } from "./gemini.ts";
import { opencode } from "./opencode.ts";
import type { Program } from "./program.ts";
import { signInStatusOf } from "./sign-in.ts";

/** Every vendor's program by adapter name. */
export const programs: ReadonlyMap<string, Program> = new Map(
  [claude, codex, gemini, opencode].map((program) => [program.name, program]),
);

/** Schema of `input_data` for agents that take a prompt. */
export const input_schema = z
  .looseObject({
    prompt: z.string().min(1).optional().describe("instructions for the agent, added after the task's description"),
  })
  .meta({ id: "ProgramInput" });

/** Creates an agent that runs a vendor's program. */
export function programAgent(name: string, program: Program, config: Omit<AgentConfig, "adapter"> = {}): Agent {
  const settings = settingsOf(config);
  const [file] = settings.command ?? [program.file];
  return {
    name,
    aliases: [],
    adapter: program.name,
    description: config.description ?? `Runs ${program.title} on the task, headless.`,
    capabilities: program.capabilities,
    triggers: config.triggers ?? [program.name],
    input: input_schema,
    shell_fields: [],
    requires_prompt: true,
    is_paid: true,
    ...(program.reports_cost ? {} : unknownCost(name, settings, program.title)),
    missing({ env, cwd }) {
      if (findProgram(file, env["PATH"], cwd) !== undefined) return undefined;
      const advice =
        settings.command === undefined ? `Install it: ${installLine(program)}` : `Check \`command\` of the agent ${name}.`;
      return { message: `The program ${file} of the agent ${name} was not found.`, advice };
    },
    signInStatus: ({ env }) => signInStatusOf(program, { ...env, ...settings.env }),
    probe: async (context) => (await import("./probe.ts")).probeProgram(program, settings, context),
    load: () => import("./run-program.ts"),
    async *run(job, signal) {
      const { runAgentProgram } = await import("./run-program.ts");
      return yield* runAgentProgram(program, settings, job, signal);
    },
  };
}

/** Returns the problem of an agent that does not report its cost and has no price in the configuration. */
export function unknownCost(name: string, { price }: Pick<AgentSettings, "price">, title: string): Pick<Agent, "unknown_cost"> {
  if (price !== undefined) return {};
  return {
    unknown_cost: {
      message: `budget_usd is set, but ${title} does not report its cost.`,
      advice: `Set config.agents.${name}.price: {"input", "cached_input", "output"}, in US dollars per million tokens.`,
    },
  };
}
