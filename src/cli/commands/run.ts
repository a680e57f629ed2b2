import { constants } from "node:os";
import { Command } from "commander";
import { exit_codes } from "#errors";
import type { CommandContext } from "../context.ts";

/** `dispatch run`. */
export function runCommand(context: CommandContext): Command {
  return new Command("run")
    .description("run the tasks of a task file")
    .argument("[file]", "task file; stdin without it")
    .action(async (file: string | undefined) => {
      const { readInput } = await import("../input.ts");
      const { plan, runPlan } = await import("#dispatch");
      const { listenToSignals } = await import("../signals.ts");
      const input = await readInput(file);
      const planned = await plan(input);
      const signals = listenToSignals(() => {});
      const { result, stopped } = await runPlan(planned, {
        signal: signals.stop,
        kill: signals.kill,
        onWarning: (m) => context.streams.note(`dispatch: ${m}\n`),
      });
      context.streams.out(`${JSON.stringify(result, undefined, 2)}\n`);
      signals.close();
      if (signals.received !== undefined) context.exit(exit_codes.signal + constants.signals[signals.received]);
      else context.exit(result.status === "success" && stopped === undefined ? 0 : 1);
    });
}
