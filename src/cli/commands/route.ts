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

Exit code 0: one agent. 1: a tie, or none.`;

/** `dispatch route`. */
export function defineRoute(command: Command, { streams, exit }: CommandIo): void {
  command
    .argument("<text...>", "what is to be done, in words")
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
      const table = rows.length === 0 ? "" : `\n${drawTable(["agent", "score", "by the words"], rows, page)}`;
      const runs_code = agents.some(({ name, shell_fields }) => shell_fields.length > 0 && name === displayName(found));
      const named_only = runs_code
        ? `\nA task names ${displayName(found)} itself: what is input there is run, so auto never chooses it.\n`
        : "";
      streams.print(`${verdict(found)}\n${table}${named_only}`);
    });
}

const displayName = (found: Route): string | undefined => (found.type === "one" ? found.agent : undefined);

function verdict(found: Route): string {
  switch (found.type) {
    case "one":
      return found.agent;
    case "tie":
      return `A tie between ${found.agents.join(" and ")}: name one of them.`;
    default:
      return "No agent: none of their words is in the text. Name one (dispatch agents lists them), or give one such triggers in config.agents.";
  }
}
