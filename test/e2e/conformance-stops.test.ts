/** A stop ends every adapter's agent, whatever it is at, with all that it has started. */
import { describe, expect, test } from "vitest";
import { type Adapter, adapters, speakFor } from "../support/speakers/index.ts";

/** What an agent is at when it is stopped. */
const phases = ["before its first output", "between events", "in a tool call", "in a check"] as const;

const phasesOf = (adapter: Adapter) => phases.filter((phase) => phase !== "in a tool call" || adapter.is_process);

describe.each(adapters)("%s", (_, adapter) => {
  test.each(phasesOf(adapter))("%s", async (phase) => {
    const verify = phase === "in a check" ? ["echo checking > checking; exec sleep 1000"] : [];
    await using it = await speakFor(adapter, { timeout_seconds: 3600, retries: 2, verify });
    const turn = await it.next();
    if (phase !== "before its first output") turn.begins();
    if (phase === "between events") {
      turn.says("Working.\n");
      await it.tells("agent.message");
    } else if (phase === "in a tool call") {
      turn.callsTool?.();
      await it.tells("agent.tool");
    } else if (phase === "in a check") {
      turn.completes("done");
      await it.rig.sign("checking");
    }
    it.started.child.kill("SIGINT");
    await turn.gone;
    const row = await it.row();
    expect(row).toMatchObject({ status: "cancelled", error_kind: "interrupted", attempts: 1, output: null });
    expect((await it.started.ended).exit_code).toBe(130);
    expect(it.rig.left()).toEqual([]);
    // Whoever resumes goes on in it.
    if (phase !== "before its first output") expect(row?.session_id).toBe(adapter.has_sessions ? "s-1" : undefined);
  });
});
