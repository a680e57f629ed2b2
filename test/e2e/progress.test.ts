import { describe, expect, test } from "vitest";
import { type Invocation, Rig, task } from "../support/rig.ts";
import { no_terminal, type OnTerminal, startOnTerminal } from "../support/terminal.ts";

const run = ["run", "tasks.json", "-o", "result.json"];

/** Waits for the next fake commands and returns them by task id. */
async function invocations(rig: Rig, count: number): Promise<Record<string, Invocation>> {
  const found: Record<string, Invocation> = {};
  for (let i = 0; i < count; i++) {
    const invocation = await rig.nextInvocation();
    found[invocation.task_id] = invocation;
  }
  return found;
}

const bars = (lines: readonly string[]): string[] => lines.filter((line) => /[━─].* \d+\/\d+/.test(line));
const showsAll = (terminal: OnTerminal, ...texts: RegExp[]): Promise<void> =>
  terminal.waitUntilShown((lines) => texts.every((text) => lines.some((line) => text.test(line))));

describe.skipIf(no_terminal !== undefined)(`on a terminal${no_terminal === undefined ? "" : ` (${no_terminal})`}`, () => {
  test.each([{ columns: 40 }, { columns: 200 }])("progress fits $columns columns, and nothing wraps", async (size) => {
    await using rig = new Rig();
    const command = await rig.fake();
    const long = `end-to-end-${"x".repeat(80)}-firefox`;
    rig.write("tasks.json", {
      tasks: [
        task("build", command, { description: "Compile everything that there is to compile, and then link it together." }),
        task("lint", command, { retries: 1 }),
        task(long, command),
        task("deploy", "true", { dependencies: ["lint"] }),
      ],
      config: { max_workers: 3 },
    });
    await using terminal = startOnTerminal(rig, run, { ...size, rows: 24 });
    const first = await invocations(rig, 3);
    await showsAll(terminal, / 0\/4/, /^ {3}build +\d+ s/, /^ {3}lint +\d+ s/, /^ {3}end-.*…?.*refox +\d+ s/);
    expect(terminal.cursor_visible).toBe(false);

    first["build"]?.exit(0);
    await terminal.waitUntilShown(
      (lines) => bars(lines).some((line) => line.includes(" 1/4")) && !lines.join("\n").includes("   build"),
    );
    first["lint"]?.exit(3);
    await showsAll(terminal, /^↻ lint {2}retries (in|now)/);
    const { lint } = await invocations(rig, 1);
    await showsAll(terminal, /^ {3}lint +\d+ s {2}attempt 2/);
    lint?.exit(4);
    await showsAll(terminal, /^✖ lint {2}The command exited with 4\./, / 3\/4 {2}1 error/);
    const during = terminal.lines();
    expect(bars(during)).toHaveLength(1);
    expect(during.findIndex((line) => line.startsWith("✖ lint"))).toBeLessThan(during.findIndex((line) => / 3\/4/.test(line)));
    expect(terminal.wrapped()).toBe(0);

    first[long]?.exit(0);
    expect(await terminal.ended).toBe(1);
    const lines = terminal.lines();
    expect(terminal.cursor_visible).toBe(true);
    expect(terminal.wrapped()).toBe(0);
    expect(bars(lines), "the redrawn lines are gone").toEqual([]);
    const table = lines.slice(lines.findIndex((line) => /^ {2}task +status +time/.test(line)));
    expect(table.find((line) => line.startsWith("✔ build"))).toMatch(/ success +(\d+ ms|\d+\.\d s)/);
    expect(table.find((line) => line.startsWith("✖ lint"))).toMatch(/ error +(\d+ ms|\d+\.\d s) +×?2/);
    expect(table.find((line) => line.startsWith("✔ end-"))).toMatch(/refox +success/);
    expect(table.find((line) => line.startsWith("○ deploy"))).toMatch(/ skipped +–/);
    expect(table.join(" ").replaceAll(/\s+/g, " ")).toMatch(/✖ 2 success, 1 error, 1 skipped in/);
    const text = table.map((line) => line.trim().replace(/ \\$/, "")).join(" ");
    expect(text).toMatch(new RegExp(`see +dispatch trace +${rig.runs()[0]} +lint`));
  });

  test("Ctrl-C prints a line of its own and leaves a clean screen", async () => {
    await using rig = new Rig();
    const command = await rig.fake({ ignores: ["SIGTERM"] });
    rig.write("tasks.json", { tasks: ["a", "b", "c"].map((id) => task(id, command)) });
    await using terminal = startOnTerminal(rig, run, { columns: 60, rows: 24 });
    const { a, b, c } = await invocations(rig, 3);
    await showsAll(terminal, /^ {3}a +\d+ s/, /^ {3}b +\d+ s/, /^ {3}c +\d+ s/);
    terminal.type("\u0003");
    await showsAll(terminal, /^▲ SIGINT: /, / 0\/3 {2}stopping, Ctrl-C again to kill/);
    await a?.signalled("SIGTERM");
    await terminal.waitUntilShown((lines) => bars(lines).length === 1);
    expect(terminal.lines().join("\n")).not.toContain("^C");
    for (const invocation of [a, b, c]) invocation?.exit(0);
    expect(await terminal.ended).toBe(130);
    expect(terminal.cursor_visible).toBe(true);
    expect(bars(terminal.lines())).toEqual([]);
    expect(terminal.lines().join("\n")).toMatch(/3 interrupted/);
  });

  test("the redrawn lines adapt when the terminal becomes narrower or wider", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const description = "Compile everything that there is to compile, and then link it all together, which takes long.";
    rig.write("tasks.json", { tasks: ["a", "b", "c", "d"].map((id) => task(id, command, { description })) });
    await using terminal = startOnTerminal(rig, run, { columns: 120, rows: 20 });
    const { a, b, c, d } = await invocations(rig, 4);
    a?.exit(3);
    await showsAll(terminal, /^✖ a /, / 1\/4/, /^ {3}d .* takes long\.$/);
    // A frame may still be drawn for the old width, so wait for a newer one.
    terminal.resize({ columns: 40, rows: 20 });
    await terminal.waitUntilShown((lines) => /^ {3}d .*…$/.test(lines.at(-1) ?? ""));
    terminal.resize({ columns: 100, rows: 20 });
    await terminal.waitUntilShown((lines) =>
      /^ {3}d {2}.*Compile everything that there is to compile, and/.test(lines.at(-1) ?? ""),
    );
    for (const invocation of [b, c, d]) invocation?.exit(0);
    expect(await terminal.ended).toBe(1);
  });

  test("tasks that do not fit the screen are counted", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const ids = Array.from({ length: 12 }, (_, i) => `task-${i}`);
    rig.write("tasks.json", { tasks: ids.map((id) => task(id, command)), config: { max_workers: 12 } });
    await using terminal = startOnTerminal(rig, run, { columns: 80, rows: 9 });
    const running = await invocations(rig, 12);
    await showsAll(terminal, /^ {3}… and \d+ more$/);
    expect(terminal.lines().length).toBeLessThanOrEqual(6);
    for (const invocation of Object.values(running)) invocation.exit(0);
    expect(await terminal.ended).toBe(0);
    expect(bars(terminal.lines())).toEqual([]);
  });

  test("under CI and on a dumb terminal nothing is redrawn", async () => {
    for (const env of [{ CI: "true" }, { TERM: "dumb" }]) {
      await using rig = new Rig();
      rig.write("tasks.json", { tasks: [task("a", "true")] });
      await using terminal = startOnTerminal(rig, run, { columns: 80, rows: 24 }, env as Record<string, string>);
      expect(await terminal.ended).toBe(0);
      expect(terminal.lines().slice(0, 2)).toEqual(["[0/1] a started", expect.stringMatching(/^\[1\/1\] a success in /)]);
    }
  });
});

test("in a pipe, progress is a line per event, in order and without escape codes", async () => {
  await using rig = new Rig();
  const file = {
    tasks: [
      task("a", "exit 3", { retries: 1 }),
      task("b", "true", { dependencies: ["a"] }),
      task("c", "true", { dependencies: ["b"] }),
    ],
    config: { max_workers: 1 },
  };
  const { stderr, result } = await rig.dispatch(file);
  const lines = stderr.split("\n");
  expect(lines.slice(0, 4)).toEqual([
    "[0/3] a started",
    expect.stringMatching(/^\[0\/3\] a retries (in (\d+ ms|\d+\.\d s)|now) \(attempt 2\): The command exited with 3\.$/),
    expect.stringMatching(/^\[1\/3\] a error after 2 attempts in (\d+ ms|\d+\.\d s): The command exited with 3\.$/),
    "[3/3] 2 tasks: Skipped, because a did not succeed.",
  ]);
  expect(stderr).not.toContain("\u001b");
  expect(stderr).toContain(`dispatch trace ${result.run_id} a\n`);
  expect(stderr).toContain("Each of the 3 tasks depends on the one before it");
  const forced = await rig.dispatch(file, [], { env: { FORCE_COLOR: "1", NO_COLOR: undefined } });
  expect(forced.stderr).toContain("\u001b[31m");
});

test("--progress none and -q print nothing if the run succeeds", async () => {
  await using rig = new Rig();
  for (const flag of [["--progress", "none"], ["-q"]]) {
    const { stderr, exit_code } = await rig.dispatch({ tasks: [task("a", "true")] }, flag);
    expect({ stderr, exit_code }).toEqual({ stderr: "", exit_code: 0 });
  }
});
