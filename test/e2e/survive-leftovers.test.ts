/** Processes that outlive their task's command. Every test ends with no process left. */
import { describe, expect, test } from "vitest";
import { expectNoMess } from "../support/aftermath.ts";
import { count, randomFor, seed } from "../support/effort.ts";
import { Rig, task, until } from "../support/rig.ts";

/** Returns a command that runs until it is killed; its arguments identify it even without its environment. */
const hold = (rig: Rig): string => `tail -f '${rig.write("hold", "")}'`;

describe.concurrent("a command that exits and leaves processes behind", () => {
  test("keeps its outcome, and the processes are stopped with a warning", async () => {
    await using rig = new Rig();
    const { result, exit_code } = await rig.dispatch({
      tasks: [task("leaver", `${hold(rig)} & echo '{"done": true}'`), task("failer", `${hold(rig)} & exit 3`)],
    });
    expect(exit_code).toBe(1);
    expect(result.results.map((row) => [row.status, row.error_kind, row.output])).toEqual([
      ["success", null, { done: true }],
      ["error", "exit", null],
    ]);
    for (const row of result.results) {
      expect(row.warnings?.length).toBe(1);
      expect(row.warnings?.[0]).toMatch(/^The command exited but left process \d+ running; dispatch stopped it\.$/);
    }
    await expectNoMess(rig);
  });

  test("names all of them, and kills those that ignore SIGTERM", async () => {
    await using rig = new Rig();
    const { result } = await rig.dispatch({
      tasks: [task("leaver", `trap '' TERM; ${hold(rig)} & ${hold(rig)} & :`)],
    });
    expect(result.results[0]?.status).toBe("success");
    expect(result.results[0]?.warnings?.[0]).toMatch(/left processes \d+, \d+ running/);
    await expectNoMess(rig);
  });

  test("a process with many threads is named once", async () => {
    await using rig = new Rig();
    rig.write("threads.mjs", "process.stdout.write('up\\n'); setInterval(() => {}, 1000);");
    const { result } = await rig.dispatch({
      tasks: [task("leaver", `'${process.execPath}' threads.mjs > '${rig.folder}/up' & until [ -s up ]; do sleep 0.01; done`)],
    });
    expect(result.results[0]?.warnings?.[0]).toMatch(/left process \d+ running/);
    await expectNoMess(rig);
  });

  test("gets no warning for processes that end by themselves", async () => {
    await using rig = new Rig();
    const { result } = await rig.dispatch({
      tasks: [task("leaver", "(while kill -s 0 $$; do sleep 0.01; done 2> /dev/null) & :")],
    });
    expect(result.results[0]).toMatchObject({ status: "success" });
    expect(result.results[0]?.warnings).toBeUndefined();
    await expectNoMess(rig);
  });

  test.for([
    ["in its own session", "setsid $HOLD &"],
    ["in its own session, two forks away", "(setsid sh -c '$HOLD & :' &) ; :"],
    ["without the environment, in the same group", "env -i $HOLD &"],
    ["without the environment, in its own group", "set -m; env -i $HOLD &"],
    ["without the environment, in its own session, that writes to the log", "setsid env -i $HOLD &"],
    ["in its group, after the command itself dropped the environment", "exec env -i sh -c '$HOLD &'"],
  ] as const)("finds a process %s", async ([, script]) => {
    await using rig = new Rig();
    rig.write("hold", "");
    const command = script.replaceAll("$HOLD", `tail -f ${rig.folder}/hold`);
    const { result } = await rig.dispatch({ tasks: [task("leaver", command)] });
    expect(result.results[0]?.status).toBe("success");
    expect(result.results[0]?.warnings?.length).toBe(1);
    await expectNoMess(rig);
  });

  test("gets the same warning for a verify command", async () => {
    await using rig = new Rig();
    const { result } = await rig.dispatch({ tasks: [task("works", "echo 1", { verify: [`${hold(rig)} & :`] })] });
    expect(result.results[0]).toMatchObject({ status: "success", output: 1 });
    expect(result.results[0]?.warnings?.length).toBe(1);
    await expectNoMess(rig);
  });

  test("keeps its outcome when the run is stopped meanwhile, and the processes are stopped at once", async () => {
    await using rig = new Rig();
    const started = rig.start(["run", "-w", "1"], {
      input: { tasks: [task("leaver", `${hold(rig)} & echo $$ > '${rig.folder}/gone'`), task("next", "true")] },
    });
    const leader = Number(await rig.waitForFile("gone"));
    await until(() => rig.leftovers().every((pid) => pid !== leader));
    started.child.kill("SIGINT");
    const { stdout, exit_code } = await started.ended;
    expect(exit_code).toBe(130);
    const result = JSON.parse(stdout) as { results: { status: string }[] };
    expect(["success", "cancelled"]).toContain(result.results[0]?.status);
    await expectNoMess(rig);
  });
});

test("an attempt does not claim processes of a later attempt whose number starts with its own", async () => {
  await using rig = new Rig();
  // Attempt 1 still runs when 10 to 12 start, and ends while they run. It leaves a process that ends by itself, so that
  // dispatch must search for leftovers. The fake commands of 10 to 12 are not leaders, which the search would skip.
  const fake = (await rig.fake()).map((word) => `'${word}'`).join(" ");
  const command = `${fake}; (while kill -s 0 $$; do sleep 0.01; done 2> /dev/null) & :`;
  const tasks = Array.from({ length: 12 }, (_, i) => task(`t${i + 1}`, i === 0 || i >= 9 ? command : "true"));
  const running = rig.dispatch({ tasks }, ["-w", "4"]);
  const started = new Map<string, Awaited<ReturnType<Rig["nextInvocation"]>>>();
  for (let i = 0; i < 4; i++) {
    const one = await rig.nextInvocation();
    started.set(one.task_id, one);
  }
  expect([...started.keys()].sort()).toEqual(["t1", "t10", "t11", "t12"]);
  started.get("t1")?.exit(0);
  await until(() => rig.journal().some((event) => event.type === "attempt.finished" && event.task_id === "t1"));
  for (const one of started.values()) one.exit(0);
  const { result } = await running;
  expect(result.status).toBe("success");
  expect(result.results[0]?.warnings).toBeUndefined();
  await expectNoMess(rig);
});

const leaving = count(200);

test(`${leaving} tasks that leave processes behind in random ways end with none left`, async () => {
  await using rig = new Rig();
  rig.write("hold", "");
  const random = randomFor("leftovers");
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const sleeper = `tail -f ${rig.folder}/hold`;
  const ways = [
    `${sleeper} &`,
    `setsid ${sleeper} &`,
    `env -i ${sleeper} &`,
    `(${sleeper} & ${sleeper} &)`,
    `(setsid sh -c '${sleeper} & sleep 0.01' &)`,
    `(trap '' HUP INT; ${sleeper}) &`,
    `setsid sh -c '(${sleeper}) & exit' &`,
    "sleep 0.02 &",
    "true &",
    `set -m; env -i ${sleeper} &`,
    `setsid env -i ${sleeper} &`,
  ];
  const ends = ["exit 0", "exit 0", "exit 5", "kill -s KILL $$", "kill -s TERM $$", "echo 1"];
  const scripts = Array.from({ length: leaving }, () => {
    const script = Array.from({ length: Math.floor(random() * 3) }, () => pick(ways));
    return [...script, pick(ends)].join("\n");
  });
  const tasks = scripts.map((script, i) => task(`t${i}`, script));
  const { result } = await rig.dispatch({ tasks }, ["-w", "24"]);
  expect(result.summary.total_tasks).toBe(leaving);
  result.results.forEach((row, i) => {
    const script = scripts[i] ?? "";
    expect(row.status === "success", `${row.task_id} reported ${row.status} with seed ${seed}: ${script}`).toBe(
      /(exit 0|echo 1)$/.test(script),
    );
  });
  await expectNoMess(rig);
}, 120_000);
