/** `dispatch validate` with several files and with patterns. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { refused } from "../support/refused.ts";
import { Rig, task } from "../support/rig.ts";

const good = { tasks: [task("a", "true"), task("b", "true")] };
const bad = { tasks: [task("a", "true", { dependencies: ["c"] })] };

/** Writes valid task files, and some that a pattern must skip. */
function writeFiles(rig: Rig): void {
  for (const path of ["tasks/b.json", "tasks/a.json", "tasks/deep/er/c.json"]) rig.write(path, good);
  for (const path of ["node_modules/x", ".git", ".hidden"]) rig.write(`tasks/${path}/bad.json`, bad);
  rig.write("tasks/.bad.json", bad);
  rig.write("tasks/notes.txt", "no task file");
}

test("checks every file that a pattern matches, in a fixed order", async () => {
  await using rig = new Rig();
  writeFiles(rig);
  symlinkSync(join(rig.folder, "tasks"), join(rig.folder, "tasks/loop"));
  symlinkSync(join(rig.folder, "tasks/a.json"), join(rig.folder, "tasks/z.json"));
  mkdirSync(join(rig.folder, "tasks/folder.json"));
  const ended = await rig.run(["validate", "tasks/**/*.json"]);
  expect(ended).toMatchObject({ exit_code: 0, stderr: "" });
  expect(ended.stdout.split("\n")).toEqual([
    ...["a", "b", "deep/er/c", "z"].map((name) => `tasks/${name}.json: 2 tasks, no problems found.`),
    "",
  ]);
});

test("prints the problems of all files with their names, checks a file once, and exits with 2", async () => {
  await using rig = new Rig();
  writeFiles(rig);
  rig.write("bad.json", bad);
  const { exit_code, stdout, stderr } = await rig.run(["validate", "bad.json", "tasks/b.json", "none.json", "tasks/?.json"]);
  expect(exit_code).toBe(2);
  expect(stdout).toBe("tasks/b.json: 2 tasks, no problems found.\ntasks/a.json: 2 tasks, no problems found.\n");
  expect(stderr.split("\n")).toEqual([
    expect.stringMatching(/^bad\.json:\d+:\d+ a: Task a depends on unknown task c\b/),
    "dispatch: The file none.json does not exist. Check the path.",
    "dispatch: 2 of 4 task files are invalid.",
    "",
  ]);
});

test("prints a problem of the configuration once for all files", async () => {
  await using rig = new Rig();
  writeFiles(rig);
  rig.write("dispatch.config.json", { max_workers: 0 });
  const lines = await refused(rig, ["validate", "tasks/*.json"]);
  expect(lines).toEqual([expect.stringMatching(/^dispatch\.config\.json:/), "dispatch: 2 of 2 task files are invalid."]);
});

test("prints JSON of several files as a list, also if a pattern matches one file", async () => {
  await using rig = new Rig();
  writeFiles(rig);
  rig.write("bad.json", bad);
  const both = await rig.run(["validate", "--json", "tasks/a.json", "-"], { input: bad });
  expect(both).toMatchObject({ exit_code: 2, stderr: "" });
  expect(JSON.parse(both.stdout)).toEqual({
    valid: false,
    files: [
      { file: "tasks/a.json", valid: true, tasks: 2, problems: [] },
      { file: "<stdin>", valid: false, problems: [expect.objectContaining({ file: "<stdin>", task_id: "a" })] },
    ],
  });
  const one = await rig.run(["validate", "--json", "tasks/[a].json"]);
  expect(JSON.parse(one.stdout)).toEqual({
    valid: true,
    files: [{ file: "tasks/a.json", valid: true, tasks: 2, problems: [] }],
  });
});

test("a pattern that matches no file is an error, and the other files are still checked", async () => {
  await using rig = new Rig();
  writeFiles(rig);
  expect(await refused(rig, ["validate", "tasks/*.yaml"])).toEqual([
    "dispatch: No file matches tasks/*.yaml. Check the pattern; it skips node_modules, .git and names with a leading dot.",
  ]);
  const { exit_code, stdout } = await rig.run(["validate", "--json", "tasks/*.yaml", "tasks/a.json"]);
  expect(exit_code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    valid: false,
    files: [
      { file: "tasks/*.yaml", valid: false, problems: [{ message: "No file matches tasks/*.yaml." }] },
      { file: "tasks/a.json", valid: true },
    ],
  });
});

test("a file whose name looks like a pattern is read as it is", async () => {
  await using rig = new Rig();
  rig.write("tasks[1].json", good);
  expect((await rig.run(["validate", "tasks[1].json"])).stdout).toBe("tasks[1].json: 2 tasks, no problems found.\n");
});

test("reports a flag as unused only if no file uses it", async () => {
  await using rig = new Rig();
  rig.write("a.json", { tasks: [task("a", "echo ${NAME}")] });
  rig.write("b.json", good);
  const { stderr } = await rig.run(["validate", "a.json", "b.json", "--var", "NAME=1", "--var", "OTHER=2"]);
  expect(stderr).toMatch(/^dispatch: --var OTHER: [^\n]*\n$/);
});
