import type { Command } from "commander";
import { type ContextPreview, type PreviewedTask, plan, previewContext } from "#dispatch";
import { type Cell, contextSummary, drawTable, type Page } from "#reports";
import type { CommandIo } from "../command-io.ts";
import { readInput } from "../input.ts";
import { stdoutPage } from "../page.ts";
import { addContextFlags, addPlanFlags, type PlanFlags, planOptionsOf } from "../plan-flags.ts";

const examples = `
Runs no task and calls no paid service: neither the embeddings nor the server of context.rag. Writes only the search
index for rag: and auto, in .dispatch/cache. Keys that an earlier task may still produce are "pending".

Examples:
  dispatch context tasks.json                   keys and tokens of each task
  dispatch context --enable-context tasks.json  also for tasks without context_requirements
  dispatch context --strict-context tasks.json  exit with 2 if context is missing
  dispatch context tasks.json --json | jq '.context.reduction, .tasks[].missing[]'

Exit codes:
  0  context was gathered
  2  invalid task file, or missing context with --strict-context`;

/** `dispatch context`. */
export function defineContext(command: Command, { streams }: CommandIo): void {
  addContextFlags(addPlanFlags(command.argument("[file]", "task file (default: stdin)")))
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
  if (is_off) return "Context is disabled by --no-context or context.enabled.\n";
  if (tasks.length === 0) return "No task has context_requirements. --enable-context gathers context for every task.\n";
  const blocks = tasks.map((task) => taskText(task, max_tokens_per_task, page));
  return `${[...blocks, `${[...notes, `${contextSummary(context)}.`].join("\n")}\n`].join("\n")}`;
}

function taskText(
  { task_id, keys, tokens, about_tokens, missing, pending }: PreviewedTask,
  max_tokens: number,
  page: Page,
): string {
  const { paint } = page;
  const percent = Math.round((tokens / max_tokens) * 100);
  const share = `${tokens.toLocaleString("en")} of ${max_tokens.toLocaleString("en")} tokens (${percent} %)`;
  const rows: Cell[][] = keys.map(({ key, tokens: own, reduced = "" }) => [
    { text: key },
    { text: own.toLocaleString("en").padStart(6) },
    { text: reduced, paint: paint.dim },
  ]);
  for (const key of pending) rows.push([{ text: key }, { text: "" }, { text: "pending", paint: paint.dim }]);
  for (const { key, why } of missing) rows.push([{ text: key }, { text: "" }, { text: `missing: ${why}`, paint: paint.warn }]);
  const overhead = `plus ${about_tokens.toLocaleString("en")} for keys and metadata`;
  return `${drawTable([`${task_id}: ${share}, ${overhead}`, "", ""], rows, page)}`;
}
