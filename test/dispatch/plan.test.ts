import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { plan } from "../../src/dispatch/index.ts";
import { DispatchError, formatProblem } from "../../src/errors/index.ts";
import { count } from "../support/effort.ts";

const cwd = mkdtempSync(join(tmpdir(), "dispatch-plan-"));
afterAll(() => rmSync(cwd, { recursive: true }));

const sound = {
  user_prompt: "check ${X}",
  correlation_id: "c-1",
  vars: { X: "1", Y: "two" },
  config: { max_workers: 2, timeout_seconds: 1.5, retries: 0, fail_fast: true, trace_dir: "traces" },
  tasks: [
    { task_id: "a", agent: "command", input_data: { command: ["true", "${X}"], nested: [{ deep: "${Y}" }] } },
    {
      task_id: "b.1",
      agent: "command",
      description: "uses ${tasks.a.output.bytes}",
      input_data: { command: 'echo "${tasks.a.output.stdout}"', stdin: "${tasks.a.output}" },
      dependencies: ["a"],
      priority: "high",
      timeout_seconds: 3,
      retries: 2,
      verify: ["true", ["test", "${X}"]],
      output_schema: { type: "object", properties: { stdout: { type: "string" } } },
      run_when: "all_finished",
      cwd: "sub",
      env: { NAME: "${Y}" },
      metadata: { any: ["thing", null] },
    },
    { task_id: "c", agent: "command", input_data: { command: "true" }, dependencies: ["b.1", "a"] },
  ],
};

/** Plans a text. A refusal must be readable by a user, and nothing may be written. */
async function planned(text: string): Promise<boolean> {
  try {
    await plan({ text, cwd, env: {} });
    return true;
  } catch (error) {
    if (!(error instanceof DispatchError)) throw error;
    expect(error.code).toBe("bad_input");
    expect(error.problems.length).toBeGreaterThan(0);
    for (const problem of error.problems) {
      const line = formatProblem(problem);
      expect(line).toMatch(/^<stdin>(:\d+:\d+)?( \S+)?: [A-Z].*[.?]$/);
      expect(line).not.toContain("\n");
      // Quoting the text itself is fine.
      for (const slip of ["undefined", "[object", "NaN"]) if (!text.includes(slip)) expect(line).not.toContain(slip);
      if (problem.line !== undefined) expect(problem.line).toBeLessThanOrEqual(text.split("\n").length);
    }
    return false;
  } finally {
    expect(readdirSync(cwd)).toEqual([]);
  }
}

/** The path to every place in a value. */
function placesOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => placesOf(item, [...path, key]))];
}

function withValueAt(value: unknown, path: readonly (string | number)[], put: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return put;
  if (Array.isArray(value)) return value.map((item, i) => (String(i) === String(key) ? withValueAt(item, rest, put) : item));
  const record = value as Record<string, unknown>;
  return { ...record, [key]: withValueAt(record[key], rest, put) };
}

test("the file that the tests below break is valid", async () => {
  expect(await planned(JSON.stringify(sound))).toBe(true);
});

describe("every input gives a plan or readable problems", () => {
  const odd = fc.oneof(
    fc.jsonValue({ depthSize: "small" }),
    fc.constantFrom(
      null,
      "",
      0,
      -1,
      1e308,
      [],
      {},
      true,
      "\u0000",
      "${",
      "${X",
      "${tasks.",
      "${tasks.a.output}",
      "${NOPE}",
      "../x",
      "\u2028\n",
    ),
    fc.constantFrom<unknown>(
      { $ref: "#" },
      { type: "x" },
      [[]],
      [null],
      ["a", "a"],
      { __defineGetter__: 1, constructor: 2 },
      "$${X}",
      "'${X}'",
    ),
  );

  test("any value in any place of a valid file", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...placesOf(sound)), odd, async (path, value) => {
        await planned(JSON.stringify(withValueAt(sound, path, value)));
      }),
      { numRuns: count(6000) },
    );
  });

  test("any key in any object of a valid file", async () => {
    const objects = placesOf(sound).filter((path) => {
      const value = path.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], sound);
      return typeof value === "object" && value !== null && !Array.isArray(value);
    });
    const key = fc.oneof(
      fc.string(),
      fc.constantFrom("toString", "constructor", "hasOwnProperty", "tasks", "task_id", "command", ""),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...objects), key, odd, async (path, name, value) => {
        if (name === "__proto__") return;
        await planned(JSON.stringify(withValueAt(sound, [...path, name], value)));
      }),
      { numRuns: count(4000) },
    );
  });

  test("a valid file that was cut, or had a piece inserted, removed or repeated", async () => {
    const text = JSON.stringify(sound, undefined, 1);
    const at = fc.nat(text.length);
    const piece = fc.constantFrom(
      ..."{}[]\",:'\\/$#\u0000\u00a0\r\n1-".split(""),
      "null",
      "//",
      "/*",
      '"__proto__":1,',
      "${tasks.a.output}",
      "\ud800",
    );
    await fc.assert(
      fc.asyncProperty(
        at,
        fc.nat(20),
        piece,
        fc.constantFrom("cut", "put", "take", "repeat"),
        async (from, length, put, how) => {
          const end = how === "cut" ? "" : text.slice(from + (how === "take" ? length : 0));
          const middle = how === "put" ? put : how === "repeat" ? text.slice(from, from + length) : "";
          await planned(text.slice(0, from) + middle + end);
        },
      ),
      { numRuns: count(6000) },
    );
  });

  test("any JSON, and any text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((json) => `{"tasks": ${json}}`),
        ),
        async (text) => {
          expect(await planned(text)).toBe(false);
        },
      ),
      { numRuns: count(4000) },
    );
  });
});

describe("a plan", () => {
  test("resolves the workspace and the trace directory from the working directory", async () => {
    const text = JSON.stringify({ ...sound, workspace_path: "." });
    const made = await plan({ text, cwd, env: {} });
    expect([made.workspace_path, made.trace_dir, made.correlation_id]).toEqual([cwd, join(cwd, "traces"), "c-1"]);
  });

  test("has only the selected tasks and their dependencies, in the file's order", async () => {
    const made = await plan({ text: JSON.stringify(sound), cwd, env: {}, select: ["b.1"] });
    expect(made.tasks.map((task) => task.task_id)).toEqual(["a", "b.1"]);
    expect(made.graph.task_ids).toEqual(["a", "b.1"]);
    expect(made.chain).toEqual([2, 1]);
  });

  test("takes the caller's own values over all others, and checks them the same way", async () => {
    const text = JSON.stringify(sound);
    expect(
      (await plan({ text, cwd, env: {}, config: { max_workers: 9 }, flags: { max_workers: "8" } })).config.max_workers,
    ).toBe(9);
    await expect(plan({ text, cwd, env: {}, config: { max_workers: 0 } })).rejects.toMatchObject({
      problems: [{ file: "options.config.max_workers", message: "max_workers must be a whole number from 1 to 1024, not 0." }],
    });
  });

  test("allows references to outputs of direct and indirect dependencies only", async () => {
    const line = Array.from({ length: 200 }, (_, i) => ({
      task_id: `t${i}`,
      agent: "command",
      input_data: { command: "true" },
      dependencies: i === 0 ? [] : [`t${i - 1}`],
      description: i === 0 ? "" : "${tasks.t0.output}",
    }));
    expect(await planned(JSON.stringify({ tasks: line }))).toBe(true);
    const wrong = line.map((task, i) => (i === 3 ? { ...task, description: "${tasks.t150.output}" } : task));
    await expect(plan({ text: JSON.stringify({ tasks: wrong }), cwd, env: {} })).rejects.toMatchObject({
      problems: [{ task_id: "t3", advice: 'Add "t150" to its dependencies.' }],
    });
  });
});
