/** Sessions and costs of agents from before a crash: resume continues the sessions and counts the costs once. */
import { describe, expect, test } from "vitest";
import type { RunEvent } from "../../src/index.ts";
import { resultIn } from "../support/resumed.ts";
import { Rig, type Started, until } from "../support/rig.ts";
import { nextTurn, type VendorTurn, vendorAgent } from "../support/vendor-agent.ts";
import { type VendorStream, vendor_streams } from "../support/vendor-streams.ts";

const { claude } = vendor_streams;

async function kill(started: Started): Promise<void> {
  started.child.kill("SIGKILL");
  await started.ended;
}

/** Resolves when the journal has `count` events of this type. */
const waitForEvents = (rig: Rig, type: RunEvent["type"], count = 1): Promise<void> =>
  until(() => rig.journal().filter((event) => event.type === type).length >= count);

/** Starts a session with a first message, and waits until both are in the journal. */
async function startSession(rig: Rig, turn: VendorTurn, stream: VendorStream, session_id: string): Promise<void> {
  const before = rig.journal().filter((event) => event.type === "agent.message").length;
  turn.printLines(stream.session(session_id), stream.message("Working.\n"));
  await waitForEvents(rig, "agent.message", before + 1);
  await until(() => rig.journal().some((event) => event.type === "agent.session" && event.attempt === turn.attempt));
}

const completeTurn = (turn: VendorTurn, stream: VendorStream): void => {
  turn.printLines(stream.session("s-end"), stream.message("done"), stream.completed("done"));
  turn.exit(0);
};

const fileOf = async (rig: Rig, task: object = {}, config: object = {}, adapter = "claude") => ({
  tasks: [{ task_id: "a", agent: "it", description: "Do it", ...task }],
  config: { agents: { it: await vendorAgent(rig, adapter) }, ...config },
});

describe.each(Object.entries(vendor_streams))("%s", (adapter, stream) => {
  test("continues its session after dispatch was killed, and again if killed before the next message", async () => {
    await using rig = new Rig();
    const first = rig.start(["run"], { input: await fileOf(rig, {}, {}, adapter) });
    await startSession(rig, await nextTurn(rig), stream, "s-1");
    await kill(first);
    const second = rig.start(["resume"]);
    const turn = await nextTurn(rig);
    expect([turn.attempt, turn.argv]).toEqual([2, expect.stringContaining("s-1")]);
    expect(turn.argv).toContain(stream.resume_flag);
    expect(turn.prompt).toContain("It was interrupted. Continue");
    await kill(second);
    await turn.gone;
    const third = rig.start(["resume"]);
    const last = await nextTurn(rig);
    expect([last.attempt, last.argv]).toEqual([3, expect.stringContaining("s-1")]);
    completeTurn(last, stream);
    expect((await third.ended).exit_code).toBe(0);
  });
});

describe("an agent whose dispatch was killed", () => {
  test("starts a new session if the model had sent no message, because the old one may not have been saved", async () => {
    await using rig = new Rig();
    const first = rig.start(["run"], { input: await fileOf(rig) });
    (await nextTurn(rig)).printLines(claude.session("s-1"));
    await waitForEvents(rig, "agent.session");
    await kill(first);
    const second = rig.start(["resume"]);
    const turn = await nextTurn(rig);
    expect(turn.argv).not.toContain("--resume");
    expect(turn.prompt).toContain("Do it");
    completeTurn(turn, claude);
    expect((await second.ended).exit_code).toBe(0);
  });

  test("does not continue a session of another program", async () => {
    await using rig = new Rig();
    const first = rig.start(["run"], { input: await fileOf(rig) });
    await startSession(rig, await nextTurn(rig), claude, "s-1");
    await kill(first);
    rig.write("codex", `#!/bin/sh\nexport ARGV="$*" PROMPT="$(cat)"\nexec ${(await rig.fake()).join(" ")}\n`);
    const second = rig.start(["resume", "--agent", "it=codex"], {
      before: ["/bin/sh", "-c", 'chmod +x codex; PATH="$PWD:$PATH" exec "$@"', "sh"],
    });
    const turn = await nextTurn(rig);
    expect(turn.argv).toMatch(/^exec /);
    expect(turn.argv).not.toContain("s-1");
    await kill(second);
    await turn.gone;
    // The changed option still applies in the next resume, as a changed budget would.
    const third = rig.start(["resume"], { before: ["/bin/sh", "-c", 'PATH="$PWD:$PATH" exec "$@"', "sh"] });
    const last = await nextTurn(rig);
    expect(last.argv).toMatch(/^exec /);
    last.exit(1);
    expect((await third.ended).exit_code).toBe(1);
  });

  test("has used one retry per failed attempt, and none for the crash", async () => {
    await using rig = new Rig();
    const first = rig.start(["run"], { input: await fileOf(rig, { retries: 1, verify: ["echo not yet; false"] }) });
    completeTurn(await nextTurn(rig), claude);
    const second = await nextTurn(rig);
    await kill(first);
    await second.gone;
    const resumed = rig.start(["resume"]);
    const third = await nextTurn(rig);
    expect([third.attempt, third.argv]).toEqual([3, expect.stringContaining("--resume s-end")]);
    expect(third.prompt).toContain("The verify command exited with 1");
    completeTurn(third, claude);
    const { stdout, exit_code } = await resumed.ended;
    expect(exit_code).toBe(1);
    expect(resultIn(stdout).results).toMatchObject([{ status: "error", error_kind: "verify", attempts: 3 }]);
  });

  test("keeps the cost that it had reported, in the result and against the run's budget", async () => {
    await using rig = new Rig();
    const file = await fileOf(rig, {}, { budget_usd: 0.3, max_workers: 1 });
    const tasks = [...file.tasks, { ...file.tasks[0], task_id: "b" }];
    const first = rig.start(["run"], { input: { ...file, tasks } });
    const turn = await nextTurn(rig);
    // The turn's result, with its $0.25; the program itself does not exit.
    turn.printLines(claude.session("s-1"), claude.message("done"), claude.completed("done"));
    await waitForEvents(rig, "agent.usage");
    await kill(first);
    await turn.gone;
    const { stdout, exit_code } = await rig.run(["resume"]);
    expect(exit_code).toBe(1);
    const { results, summary } = resultIn(stdout);
    expect(results).toMatchObject([
      { status: "error", error_kind: "budget", usage: { cost_usd: 0.25 }, attempts: 1 },
      { status: "skipped", error_kind: "budget" },
    ]);
    expect(results[1]?.error).toContain("$0.0500 of the run's $0.30 are left");
    expect(summary.usage?.cost_usd).toBe(0.25);
    expect(rig.unclaimed).toBe(0);
    // With a larger budget, the rest runs.
    const more = rig.start(["resume", "--budget-usd", "2"]);
    const again = await nextTurn(rig);
    expect(again.argv).toContain("--resume s-1");
    completeTurn(again, claude);
    completeTurn(await nextTurn(rig), claude);
    const ended = await more.ended;
    expect(ended.exit_code).toBe(0);
    expect(resultIn(ended.stdout).summary.usage?.cost_usd).toBe(0.75);
  });
});
