import { expect, test } from "vitest";
import { startVendorRun } from "../support/vendor-agent.ts";
import { vendor_streams } from "../support/vendor-streams.ts";

/** Returns a `result` of Claude Code with the usage of the session, and that since its last result. */
const countedBySession = (turns: number, own: number, text: string): object => {
  const spent = (n: number) => ({
    m: {
      inputTokens: 100 * n,
      cacheReadInputTokens: 40 * n,
      cacheCreationInputTokens: 0,
      outputTokens: 20 * n,
      costUSD: 0.25 * n,
    },
  });
  const { type, subtype } = { type: "result", subtype: "success" };
  const about = {
    num_turns: own,
    total_cost_usd: 0.25 * turns,
    modelUsage: spent(turns),
    model_usage_since_last_result: spent(own),
  };
  return { type, subtype, is_error: false, result: text, ...about };
};

const failing_once = { retries: 2, verify: ["test -e proof"] };

test("counts earlier turns of a continued Claude Code session only once", async () => {
  await using run = await startVendorRun("claude", failing_once);
  const { session, message } = vendor_streams.claude;
  const first = await run.next();
  first.printLines(session("s-1"), message("Done."), countedBySession(1, 1, "Done."));
  first.exit(0);
  const second = await run.next();
  run.rig.write("proof", "");
  // Work after the first result is reported in a second one.
  second.printLines(session("s-1"), message("Now."), countedBySession(3, 2, "Now."), countedBySession(4, 1, "Now it is."));
  second.exit(0);
  const usage = { input_tokens: 560, cached_input_tokens: 160, output_tokens: 80, cost_usd: 1 };
  expect(await run.row()).toMatchObject({ status: "success", attempts: 2, usage });
});

test("counts earlier turns of a continued Codex session only once", async () => {
  await using run = await startVendorRun("codex", failing_once, { price: { input: 1, output: 10 } });
  const { session, message } = vendor_streams.codex;
  const completed = (turns: number): object => ({
    type: "turn.completed",
    usage: {
      input_tokens: 100 * turns,
      cached_input_tokens: 40 * turns,
      output_tokens: 20 * turns,
      reasoning_output_tokens: 5 * turns,
    },
  });
  for (const turns of [1, 2, 4]) {
    const agent = await run.next();
    if (turns === 4) run.rig.write("proof", "");
    agent.printLines(session("s-1"), message("Done."), completed(turns));
    agent.exit(0);
  }
  const usage = { input_tokens: 400, cached_input_tokens: 160, output_tokens: 80, reasoning_tokens: 20, cost_usd: 0.0012 };
  expect(await run.row()).toMatchObject({ status: "success", attempts: 3, usage });
});

test("accepts total usage from a Claude Code that does not report usage by model", async () => {
  await using run = await startVendorRun("claude");
  const { session, message } = vendor_streams.claude;
  const agent = await run.next();
  const usage = { input_tokens: 100, cache_read_input_tokens: 40, cache_creation_input_tokens: 5, output_tokens: 20 };
  const result = { type: "result", subtype: "success", is_error: false, result: "Done.", total_cost_usd: 0.5, usage };
  agent.printLines(session("s-1"), message("Done."), result);
  agent.exit(0);
  expect(await run.row()).toMatchObject({
    status: "success",
    usage: { input_tokens: 145, cached_input_tokens: 40, output_tokens: 20, cost_usd: 0.5 },
  });
});
