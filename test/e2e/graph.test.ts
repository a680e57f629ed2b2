import { expect, test } from "vitest";
import { Rig, task } from "../support/rig.ts";

const file = {
  tasks: [
    task("split", "true", { description: "Cut the work up" }),
    task("left", "true", { dependencies: ["split"] }),
    task("right", "true", { dependencies: ["split"], priority: "high" }),
    task("join", "true", { dependencies: ["left", "right"] }),
    task("aside", "true"),
  ],
};

test("dispatch graph draws a task file from a path or stdin, and runs no task", async () => {
  await using rig = new Rig();
  rig.write("tasks.json", file);
  const named = await rig.run(["graph", "tasks.json"]);
  expect(named).toMatchObject({ exit_code: 0, stderr: "" });
  expect(named.stdout).toContain(`
◆      split  command        Cut the work up
├─●─╮  left   command
╰─○─┤  right  command, high
    ●  join   command

◇      aside  command
`);
  expect((await rig.run(["graph"], { input: file })).stdout).toBe(named.stdout);
  expect(rig.exists("traces")).toBe(false);
});

test("the drawing adapts to locale, width and colour settings", async () => {
  await using rig = new Rig();
  const draw = async (env: Record<string, string | undefined>): Promise<string> =>
    (await rig.run(["graph"], { input: file, env })).stdout;
  expect(await draw({ LC_ALL: "C" })).toMatch(/^\p{ASCII}+$/u);
  expect(await draw({ LC_ALL: "", LC_CTYPE: "", LANG: "en_US.UTF-8" })).toContain("├─●─╮");
  for (const line of (await draw({ COLUMNS: "40" })).split("\n")) expect(line.length).toBeLessThanOrEqual(40);
  expect(await draw({ NO_COLOR: undefined, FORCE_COLOR: "1" })).toContain("\u001b[");
});

test("--var and --select work as in dispatch run", async () => {
  await using rig = new Rig();
  const input = { tasks: [...file.tasks, task("more", "true", { description: "for ${TARGET}" })] };
  const { stdout } = await rig.run(["graph", "--select", "left,more", "--var", "TARGET=production"], { input });
  expect(stdout).toContain("3 tasks");
  expect(stdout).toContain("for production");
  expect(stdout).not.toMatch(/\bright +command/);
});

test("--format json prints nodes, edges, levels, order and critical path", async () => {
  await using rig = new Rig();
  const { stdout } = await rig.run(["graph", "--format", "json"], { input: file });
  expect(JSON.parse(stdout)).toEqual({
    nodes: [
      { task_id: "split", agent: "command", description: "Cut the work up", priority: "medium", level: 0 },
      { task_id: "left", agent: "command", description: "", priority: "medium", level: 1 },
      { task_id: "right", agent: "command", description: "", priority: "high", level: 1 },
      { task_id: "join", agent: "command", description: "", priority: "medium", level: 2 },
      { task_id: "aside", agent: "command", description: "", priority: "medium", level: 0 },
    ],
    edges: [
      { from: "split", to: "left" },
      { from: "split", to: "right" },
      { from: "left", to: "join" },
      { from: "right", to: "join" },
    ],
    levels: [["split", "aside"], ["left", "right"], ["join"]],
    order: ["split", "aside", "left", "right", "join"],
    critical_path: ["split", "left", "join"],
  });
});

test("expected durations are those of an earlier run", async () => {
  await using rig = new Rig();
  await rig.dispatch(file);
  expect((await rig.run(["graph"], { input: file })).stdout).toMatch(/Critical path \(3 tasks, [\d.]+ m?s expected\)/);
});

test("reports invalid input as dispatch run does", async () => {
  await using rig = new Rig();
  const input = { tasks: [task("a", "true", { dependencies: ["b"] }), task("b", "true", { dependencies: ["a"] })] };
  const ended = await rig.run(["graph"], { input });
  expect(ended).toMatchObject({ exit_code: 2, stdout: "" });
  expect(ended.stderr).toContain("Dependency cycle detected: a -> b -> a");
});

test("every format renders 100,000 tasks", async () => {
  await using rig = new Rig();
  const path = rig.write(
    "many.json",
    JSON.stringify({
      tasks: Array.from({ length: 100_000 }, (_, i) =>
        task(`t${i}`, "true", i === 0 ? {} : { dependencies: [`t${i % 1000 === 0 ? 0 : i - 1}`] }),
      ),
    }),
  );
  for (const format of ["text", "mermaid", "dot", "json"]) {
    const { exit_code, stdout, stderr } = await rig.run(["graph", path, "--format", format]);
    expect({ format, exit_code, stderr }).toEqual({ format, exit_code: 0, stderr: "" });
    expect(stdout.length).toBeGreaterThan(500);
  }
});

test("a reader that closes stdout early is not an error", async () => {
  await using rig = new Rig();
  const started = rig.start(["graph", "--format", "json"], {
    input: { tasks: Array.from({ length: 5000 }, (_, i) => task(`t${i}`, "true")) },
  });
  started.child.stdout?.destroy();
  expect(await started.ended).toMatchObject({ exit_code: 0, stderr: "" });
});
