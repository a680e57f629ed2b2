/** SIGKILL of dispatch, its watcher, or both: no process survives. */
import { describe, expect, test } from "vitest";
import { expectNoMess } from "../support/aftermath.ts";
import { count, randomFor } from "../support/effort.ts";
import { childrenOf, isLive, Rig, task, until } from "../support/rig.ts";

/** Returns a script that writes its process id to a file and runs until it is killed. */
const hold = (rig: Rig, sign: string): string => `echo $$ > '${rig.folder}/${sign}'; exec tail -f '${rig.write("hold", "")}'`;

describe.concurrent("killed with SIGKILL, dispatch leaves", () => {
  test("no child, no grandchild, however they try to escape, and no watcher", async () => {
    await using rig = new Rig();
    rig.write("stubborn.sh", `trap '' HUP INT TERM; ${hold(rig, "stubborn")}`);
    rig.write("session.sh", hold(rig, "session"));
    rig.write("clean.sh", hold(rig, "clean"));
    rig.write("group.sh", hold(rig, "group"));
    const started = rig.start(["run", "-w", "8"], {
      input: {
        tasks: [
          task("plain", hold(rig, "plain")),
          task("stubborn", "sh stubborn.sh & wait"),
          task("session", "setsid sh session.sh & wait"),
          task("clean", ["env", "-i", "/bin/sh", `${rig.folder}/clean.sh`]),
          task("group", `set -m; env -i /bin/sh '${rig.folder}/group.sh' & wait`),
          task("stopped", `echo > '${rig.folder}/stopped'; kill -s STOP $$`),
        ],
      },
    });
    for (const sign of ["plain", "stubborn", "session", "clean", "group", "stopped"]) await rig.waitForFile(sign);
    const [watcher = 0] = childrenOf(started.pid, "dispatch-watcher");
    expect(isLive(watcher)).toBe(true);
    started.child.kill("SIGKILL");
    expect((await started.ended).signal).toBe("SIGKILL");
    await until(() => !isLive(watcher));
    await expectNoMess(rig, { killed: true });
  });

  test("no process even if its watcher was killed before, because a new one was started", async () => {
    await using rig = new Rig();
    const started = rig.start(["run"], {
      input: { tasks: [task("clean", ["env", "-i", "/bin/sh", "-c", hold(rig, "clean")])] },
    });
    await rig.waitForFile("clean");
    const [first = 0] = childrenOf(started.pid, "dispatch-watcher");
    process.kill(first, "SIGKILL");
    const next = (): number | undefined => childrenOf(started.pid, "dispatch-watcher").find((pid) => pid !== first);
    await until(() => next() !== undefined);
    const watcher = next() ?? 0;
    started.child.kill("SIGKILL");
    await started.ended;
    await until(() => !isLive(watcher));
    await expectNoMess(rig, { killed: true });
  });

  test("no process that outlived its command", async () => {
    await using rig = new Rig();
    rig.write("left.sh", `trap '' TERM; ${hold(rig, "left")}`);
    const started = rig.start(["run"], { input: { tasks: [task("leaver", "sh left.sh & exit 0")] } });
    await rig.waitForFile("left");
    started.child.kill("SIGKILL");
    await started.ended;
    await expectNoMess(rig, { killed: true });
  });
});

test("a run succeeds although its watcher is killed again and again", async () => {
  await using rig = new Rig();
  const started = rig.start(["run"], { input: { tasks: [task("one", await rig.fake())] } });
  const one = await rig.nextInvocation();
  const seen = new Set<number>();
  while (seen.size < 25) {
    const [watcher] = childrenOf(started.pid, "dispatch-watcher").filter((pid) => !seen.has(pid));
    // dispatch stops restarting watchers at some point.
    if (watcher === undefined && seen.size >= 20) break;
    await until(() => childrenOf(started.pid, "dispatch-watcher").some((pid) => !seen.has(pid)) || seen.size >= 20);
    for (const pid of childrenOf(started.pid, "dispatch-watcher")) {
      seen.add(pid);
      process.kill(pid, "SIGKILL");
    }
  }
  one.exit(0);
  expect((await started.ended).exit_code).toBe(0);
  await expectNoMess(rig);
});

describe.concurrent("at a random moment", () => {
  /** Returns tasks that start many children in many ways, so that a random moment often hits a start. */
  function busyTasks(rig: Rig): object {
    const file = rig.write("hold", "");
    const ways = [
      `tail -f ${file}`,
      `setsid tail -f ${file} & true`,
      `exec env -i tail -f ${file}`,
      `setsid env -i tail -f ${file} & true`,
      "true",
      "sleep 0.01",
      "echo 1",
    ];
    return { tasks: Array.from({ length: 60 }, (_, i) => task(`t${i}`, ways[i % ways.length] ?? "true")) };
  }

  // The random delay is the subject of the test; no assertion depends on it.
  const moments = (signal: string, rounds: number) => {
    const random = randomFor(signal);
    return Array.from({ length: rounds }, (_, round) => ({ round, ms: Math.floor(random() * 400) }));
  };

  test.for(moments("SIGKILL", count(28)))("SIGKILL leaves no process: round $round, after $ms ms", async ({ ms }) => {
    await using rig = new Rig();
    const started = rig.start(["run", "-w", "24"], { input: busyTasks(rig) });
    await new Promise((resolve) => setTimeout(resolve, ms));
    started.child.kill("SIGKILL");
    await started.ended;
    await expectNoMess(rig, { killed: true });
  });

  test.for(moments("SIGINT", count(12)))(
    "SIGINT leaves no process and a correct result: round $round, after $ms ms",
    async ({ ms }) => {
      await using rig = new Rig();
      const started = rig.start(["run", "-w", "24"], { input: busyTasks(rig) });
      await new Promise((resolve) => setTimeout(resolve, ms));
      started.child.kill("SIGINT");
      const { exit_code, signal, stdout } = await started.ended;
      // Before dispatch handles signals nothing has started; afterwards there is a result.
      if (signal !== null) expect([signal, stdout, rig.runs()]).toEqual(["SIGINT", "", []]);
      else {
        expect(exit_code).toBe(130);
        const { status, summary } = JSON.parse(stdout) as {
          status: string;
          summary: { successful: number; total_tasks: number };
        };
        expect(status).not.toBe("success");
        expect(summary.total_tasks).toBe(60);
      }
      await expectNoMess(rig);
    },
  );
});
