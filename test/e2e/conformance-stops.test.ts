/** A stop ends every adapter's agent and its whole process tree, at any point of the turn. */
import { describe, expect, test } from "vitest";
import { adapters, startFakeRun, type TestAdapter } from "../support/fake-agents/index.ts";

/** When the agent is stopped. */
const phases = ["before its first output", "between events", "in a tool call", "in a verify command"] as const;

const phasesOf = (adapter: TestAdapter) => phases.filter((phase) => phase !== "in a tool call" || adapter.is_process);

describe.each(adapters)("%s", (_, adapter) => {
  test.each(phasesOf(adapter))("%s", async (phase) => {
    const verify = phase === "in a verify command" ? ["echo checking > checking; exec sleep 1000"] : [];
    await using run = await startFakeRun(adapter, { timeout_seconds: 3600, retries: 2, verify });
    const turn = await run.next();
    if (phase !== "before its first output") turn.startSession();
    if (phase === "between events") {
      turn.say("Working.\n");
      await run.waitForEvent("agent.message");
    } else if (phase === "in a tool call") {
      turn.callTool?.();
      await run.waitForEvent("agent.tool");
    } else if (phase === "in a verify command") {
      turn.complete("done");
      await run.rig.waitForFile("checking");
    }
    run.started.child.kill("SIGINT");
    await turn.gone;
    const row = await run.row();
    expect(row).toMatchObject({ status: "cancelled", error_kind: "interrupted", attempts: 1, output: null });
    expect((await run.started.ended).exit_code).toBe(130);
    expect(run.rig.leftovers()).toEqual([]);
    // Resume continues this session.
    if (phase !== "before its first output") expect(row?.session_id).toBe(adapter.has_sessions ? "s-1" : undefined);
  });
});
