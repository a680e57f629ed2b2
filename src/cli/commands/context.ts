import type { Command } from "commander";
import { type ContextPreview, type PreviewedTask, plan, previewContext } from "#dispatch";
import { type Cell, contextSummary, drawTable, type Page } from "#reports";
import type { CommandIo } from "../command-io.ts";
import { readInput } from "../input.ts";
import { stdoutPage } from "../page.ts";
import { addContextFlags, addPlanFlags, type PlanFlags, planOptionsOf } from "../plan-flags.ts";

const examples = `
Nothing is run or paid for, and nothing written but the index for \`rag:\` and \`auto\`, in .dispatch/cache. What a task
before it may still make is \`pending\`. Neither embeddings nor a server of \`context.rag\` is asked.

Examples:
  dispatch context tasks.json                   keys and tokens of each task
  dispatch context --enable-context tasks.json  also for tasks that name no requirements
  dispatch context --strict-context tasks.json  exit 2 where something is missing
  dispatch context tasks.json --json | jq '.context.reduction, .tasks[].missing[]'`;

/** `dispatch context`. */
export function defineContext(command: Command, { streams }: CommandIo): void {
  addContextFlags(addPlanFlags(command.argument("[file]", "task file; stdin without it")))
    .option("--json", "print JSON")
    .addHelpText("after", examples)
    .action(async (file: string | undefined, flags: PlanFlags & { json?: true }) => {
      const input = await readInput(file);
      const planned = await plan({ ...input, ...planOptionsOf(flags) });
      const preview = await previewContext(planned, new AbortController().signal);
      const is_off = planned.config.context.enabled === false;
      streams.print(flags.json ? `${JSON.stringify(preview, undefined, 2)}\n` : previewText(preview, is_off, stdoutPage()));
    });
}

function previewText({ tasks, context, notes, max_tokens_per_task }: ContextPreview, is_off: boolean, page: Page): string {
  if (is_off) return "Context is turned off, by --no-context or context.enabled.\n";
  if (tasks.length === 0) return "No task names context_requirements, and --enable-context was not given.\n";
  const blocks = tasks.map((task) => taskText(task, max_tokens_per_task, page));
  return `${[...blocks, `${[...notes, `${contextSummary(context)}.`].join("\n")}\n`].join("\n")}`;
}

function taskText({ task_id, keys, tokens, about_tokens, missing, pending }: PreviewedTask, most: number, page: Page): string {
  const { paint } = page;
  const share = `${tokens.toLocaleString("en")} of ${most.toLocaleString("en")} tokens (${Math.round((tokens / most) * 100)} %)`;
  const rows: Cell[][] = keys.map(({ key, tokens: own, reduced = "" }) => [
    { text: key },
    { text: own.toLocaleString("en").padStart(6) },
    { text: reduced, paint: paint.dim },
  ]);
  for (const key of pending) rows.push([{ text: key }, { text: "" }, { text: "pending", paint: paint.dim }]);
  for (const { key, why } of missing) rows.push([{ text: key }, { text: "" }, { text: `missing: ${why}`, paint: paint.warn }]);
  const about = `${about_tokens.toLocaleString("en")} more for keys and metadata`;
  return `${drawTable([`${task_id}: ${share}, ${about}`, "", ""], rows, page)}`;
}
