/** Very large input, and randomly damaged input. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count } from "../support/effort.ts";
import { expectLines, refused } from "../support/refused.ts";
import { Rig, task } from "../support/rig.ts";

/** A task that would leave a file if it ran. */
const touch = (task_id: string, more: Record<string, unknown> = {}) => task(task_id, "touch ran", more);

const invalid = "Invalid input format: ";

describe("large input", () => {
  const many = (count: number, each: (i: number) => object) => ({
    tasks: Array.from({ length: count }, (_, i) => ({ ...touch(`t${i}`), ...each(i) })),
  });

  test("finds and places one mistake among 100,000 tasks", async () => {
    await using rig = new Rig();
    const input = many(100_000, (i) => (i === 99_999 ? { dependencies: ["t99998", "x99999"] } : {}));
    expectLines(await refused(rig, ["run"], { input }), [" t99999: Task t99999 depends on unknown task x99999."]);
  });

  test("lists 1,000 of 100,000 mistakes and counts the rest", async () => {
    await using rig = new Rig();
    const lines = await refused(rig, ["run"], { input: many(100_000, (i) => ({ dependencies: [`x${i}`] })) });
    expect(lines).toHaveLength(1001);
    expect(lines[999]).toContain("Task t999 depends on unknown task x999.");
    expect(lines[1000]).toBe("dispatch: 99000 more problems not listed.");
  });

  test("reports 50,000 cycles the same way", async () => {
    await using rig = new Rig();
    const lines = await refused(rig, ["run"], { input: many(100_000, (i) => ({ dependencies: [`t${i ^ 1}`] })) });
    expect(lines).toHaveLength(1001);
    expect(lines[0]).toContain("Dependency cycle detected: t0 -> t1 -> t0.");
    expect(lines[1000]).toBe("dispatch: 49000 more problems not listed.");
  });

  test("reports a cycle through 100,000 tasks on one line, abbreviated in the middle", async () => {
    await using rig = new Rig();
    const lines = await refused(rig, ["run"], { input: many(100_000, (i) => ({ dependencies: [`t${(i + 1) % 100_000}`] })) });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/Dependency cycle detected: t0 -> t1 -> .* -> … 99971 more … -> .* -> t99999 -> t0\./);
  });

  const mib = 1024 * 1024;
  test.each<[string, () => string, string]>([
    [
      "100 MB of tasks",
      () => `{"tasks":[${'{"task_id":"a"},'.repeat(6 * mib)}{}]}`,
      `<stdin>: ${invalid}the file is larger than 64 MiB.`,
    ],
    ["100 MB of brackets", () => "[".repeat(100 * mib), `<stdin>: ${invalid}the file is larger than 64 MiB.`],
    ["60 MB of brackets", () => "[".repeat(60 * mib), `<stdin>:1:201: ${invalid}nested more than 200 levels deep.`],
    [
      "60 MB of one list",
      () => `[${"0,".repeat(30 * mib)}0]`,
      `<stdin>:1:1: ${invalid}the task file must be an object, not a list.`,
    ],
    [
      "60 MB of one string",
      () => `"${"a".repeat(60 * mib)}"`,
      `<stdin>:1:1: ${invalid}the task file must be an object, not "aaa`,
    ],
    ["60 MB of blanks", () => " \n".repeat(30 * mib), `<stdin>: ${invalid}the file is empty.`],
    [
      "60 MB of comments",
      () => "// x\n".repeat(12 * mib),
      `${invalid}not valid JSON: expected a value, found the end of the file.`,
    ],
  ])("%s", async (_, make, expected) => {
    await using rig = new Rig();
    expectLines(await refused(rig, ["run"], { input: make() }), [expected]);
  });
});

describe("fuzz", () => {
  const valid = JSON.stringify({
    vars: { X: "1" },
    config: { max_workers: 2, retries: 0 },
    tasks: [
      task("a", ["true"], { priority: "high", output_schema: { type: "object" } }),
      task("b", 'true ${X} "${tasks.a.output.bytes}"', { dependencies: ["a"], verify: ["true"], env: { Y: "2" } }),
    ],
  });

  test("a truncated or corrupted task file either runs or is rejected", async () => {
    const change = fc.oneof(
      fc.nat(valid.length).map((at) => Buffer.from(valid.slice(0, at))),
      fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, byte]) => {
        const bytes = Buffer.from(valid);
        bytes[at] = byte;
        return bytes;
      }),
    );
    await fc.assert(
      fc.asyncProperty(change, async (input) => {
        await using rig = new Rig();
        const { exit_code, stdout, stderr } = await rig.run(["run"], { input });
        expect(stderr).not.toMatch(/^\s+at |node:internal/m);
        expect([0, 1, 2]).toContain(exit_code);
        expect(stdout === "").toBe(exit_code === 2);
        expect(rig.exists("traces")).toBe(exit_code !== 2);
      }),
      { numRuns: count(250) },
    );
  });
});
