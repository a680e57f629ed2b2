import { expect, test } from "vitest";
import { escapeData, escapeProperty } from "../../src/reports/github.ts";
import { githubReport } from "../../src/reports/index.ts";
import { mixedRun, newestRun } from "../support/recorded.ts";
import { Rig, task } from "../support/rig.ts";

test.each([
  ["100%", "100%25", "100%25"],
  ["%0A", "%250A", "%250A"],
  ["a\nb", "a%0Ab", "a%0Ab"],
  ["a\r\nb", "a%0D%0Ab", "a%0D%0Ab"],
  ["a: b, c", "a: b, c", "a%3A b%2C c"],
  ["::error::x", "::error::x", "%3A%3Aerror%3A%3Ax"],
  ["ä=;'\"", "ä=;'\"", "ä=;'\""],
])("%j is escaped for the runner", (text, data, property) => {
  expect(escapeData(text)).toBe(data);
  expect(escapeProperty(text)).toBe(property);
});

/** Reads a workflow command as the runner does: the first `::` after the command ends its properties. */
function readCommand(line: string): { name: string; properties: Record<string, string>; data: string } {
  const match = /^::(\w+)(?: (.*?))?::(.*)$/.exec(line);
  if (match === null) throw new Error(`No command: ${line}`);
  const unescaped = (text: string): string =>
    text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%3A", ":").replaceAll("%2C", ",").replaceAll("%25", "%");
  const pairs = (match[2] ?? "").split(",").map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), unescaped(pair.slice(at + 1))];
  });
  return { name: match[1] ?? "", properties: Object.fromEntries(pairs), data: unescaped(match[3] ?? "") };
}

test("annotates each group of equal failures and each flaky success, but no skipped task", async () => {
  await using rig = new Rig();
  const { annotations, summary } = githubReport(await mixedRun(rig));
  const commands = annotations.trimEnd().split("\n").map(readCommand);
  expect(commands.map(({ name, properties }) => [name, properties["title"]])).toEqual([
    ["error", "check: exit"],
    ["error", "proved: verify"],
    ["error", "twin-1 and 1 other task: exit"],
    ["notice", "flaky: success after 2 attempts"],
  ]);
  expect(commands[0]?.data).toMatch(/^The command exited with 3: bad thing\n.*\nSkipped because of it: deploy, announce$/);
  expect(commands[2]?.data).toContain("Same error in: twin-2");
  expect(summary).toMatch(/^# Run /);
});

test("of more than ten errors, nine are shown and the rest counted, because GitHub drops the eleventh", async () => {
  await using rig = new Rig();
  await rig.dispatch({ tasks: Array.from({ length: 13 }, (_, i) => task(`t${i}`, `exit ${i + 1}`)) });
  const commands = githubReport(newestRun(rig)).annotations.trimEnd().split("\n").map(readCommand);
  expect(commands).toHaveLength(10);
  expect(commands[9]?.data).toMatch(/^4 more errors are not shown/);
});

test("a summary that does not fit is shortened, or empty if even the shortest does not fit", async () => {
  await using rig = new Rig();
  const run = await mixedRun(rig);
  const [first] = run.result.results.filter((row) => row.status === "success");
  if (first === undefined) throw new Error("Nothing succeeded");
  first.output = "many words\n".repeat(1000);
  const full = githubReport(run).summary;
  const short = githubReport(run, Buffer.byteLength(full) - 1).summary;
  expect(short).toMatch(/^# Run /);
  expect(Buffer.byteLength(short)).toBeLessThan(Buffer.byteLength(full));
  expect(githubReport(run, 100).summary).toBe("");
});
