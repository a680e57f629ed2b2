import type { Command } from "commander";
import { type Route, route } from "#catalog";
import { exit_codes } from "#errors";
import { drawTable } from "#reports";
import type { CommandIo } from "../command-io.ts";
import { configuredAgents } from "../configured-agents.ts";
import { stdoutPage } from "../page.ts";

const examples = `
Examples:
  dispatch route "investigate the slow login"
  dispatch route --json "generate an effect node" | jq -r .agent

Exit codes:
  0  exactly one agent matches best
  1  a tie, or no agent matches`;

/** `dispatch route`. */
export function defineRoute(command: Command, { streams, exit }: CommandIo): void {
  command
    .argument("<text...>", "the request, in words")
    .option("--json", "print JSON")
    .addHelpText("after", examples)
    .action(async (words: string[], flags: { json?: true }) => {
      const agents = await configuredAgents({ env: process.env, cwd: process.cwd() });
      const found = route(words.join(" "), agents);
      if (found.type !== "one") exit(exit_codes.failure);
      if (flags.json) {
        const agent = displayName(found) ?? null;
        const tie = found.type === "tie" ? found.agents : [];
        streams.print(`${JSON.stringify({ agent, tie, scores: found.scores }, undefined, 2)}\n`);
        return;
      }
      const page = stdoutPage();
      const rows = found.scores
        .filter(({ score }) => score > 0)
        .map((one) => [
          { text: one.agent, paint: page.paint.strong },
          { text: String(one.score) },
          { text: one.words.join(", ") },
        ]);
      const table = rows.length === 0 ? "" : `\n${drawTable(["agent", "score", "matching words"], rows, page)}`;
      const runs_code = agents.some(({ name, shell_fields }) => shell_fields.length > 0 && name === displayName(found));
      const explicit_only = runs_code
        ? `\n"agent": "auto" never chooses ${displayName(found)}, because it executes its input. Name it in the task.\n`
        : "";
      streams.print(`${verdict(found)}\n${table}${explicit_only}`);
    });
}

const displayName = (found: Route): string | undefined => (found.type === "one" ? found.agent : undefined);

function verdict(found: Route): string {
  switch (found.type) {
    case "one":
      return found.agent;
    case "tie":
      return `A tie between ${found.agents.join(" and ")}. Name one of them in the task.`;
    default:
      return "No agent matches: the text contains no trigger word of any agent. Name an agent in the task (dispatch agents lists them), or add triggers in config.agents.";
  }
}
