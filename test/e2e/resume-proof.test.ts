/** The proof: a run that is killed at any moment and at every write can be resumed and repeats no success. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/index.ts";
import { count, numbersToTry, randomFor, seed } from "../support/effort.ts";
import { lines, resultIn, succeeded, withFault } from "../support/resumed.ts";
import { Rig, task, until } from "../support/rig.ts";

/** Creates tasks with dependencies, some of which fail at first; each execution appends a line to `ran`. */
function work(size: number, random: () => number): object[] {
  return Array.from({ length: size }, (_, i) => {
    const dependencies = i === 0 ? [] : [...new Set([Math.floor(random() * i), Math.floor(random() * i)])].map((n) => `t${n}`);
    const fails_first = random() < 0.15;
    const check = fails_first ? `[ "$(grep -cx t${i} ran)" -gt 1 ]` : "true";
    return task(`t${i}`, `echo t${i} >> ran; ${check} && echo '{"of": ${i}}'`, {
      retries: 3,
      dependencies: random() < 0.6 ? dependencies : [],
    });
  });
}

/** Returns the part of a result that must not depend on kills. */
const essence = ({ status, results }: RunResult) => [
  status,
  results.map((row) => [row.task_id, row.status, row.output, row.error]),
];

const wanted_kills = count(100);

test(`a run that is killed ${wanted_kills} times repeats no success and has the same result as an undisturbed run`, {
  timeout: 600_000,
}, async () => {
  const about = `seed ${seed}`;
  const random = randomFor("kills");
  await using rig = new Rig();
  await using calm = new Rig();
  const file = { tasks: work(20 + 3 * wanted_kills, random), config: { max_workers: 4 } };
  const undisturbed = await calm.dispatch(file);
  expect(undisturbed.result.status, about).toBe("success");
  rig.write("tasks.json", file);
  let kills = 0;
  let ended: RunResult | undefined;
  for (let starts = 0; ended === undefined && starts < 1000; starts++) {
    const before = succeeded(rig);
    const executions = new Map(lines(rig, "ran").map((id) => [id, lines(rig, "ran").filter((one) => one === id).length]));
    const is_first = rig.runs().length === 0;
    const started = rig.start([...(is_first ? ["run", "tasks.json"] : ["resume"]), "--format", "ndjson", "-q"]);
    // Kill after a few events, so that the run lasts for all kills.
    let left = kills >= wanted_kills ? Number.POSITIVE_INFINITY : 1 + Math.floor(random() * 24);
    started.child.stdout?.on("data", (text: string) => {
      left -= text.split("\n").length - 1;
      if (left <= 0) started.child.kill("SIGKILL");
    });
    const { signal, stdout } = await started.ended;
    if (signal === "SIGKILL") kills++;
    else {
      const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as { type: string; result: RunResult };
      expect(last.type, about).toBe("run.finished");
      ended = last.result;
    }
    const after = lines(rig, "ran");
    for (const id of before) {
      expect(after.filter((one) => one === id).length, `${about}: ${id} had succeeded and ran again`).toBe(executions.get(id));
    }
  }
  expect(kills, about).toBeGreaterThanOrEqual(wanted_kills);
  expect(essence(ended as RunResult), about).toEqual(essence(undisturbed.result));
  await until(() => rig.leftovers().length === 0);
});

describe("a dispatch that dies at a write", () => {
  const file = {
    tasks: [
      task("a", `echo a >> ran; echo '{"n": 1}'`),
      task("b", "echo b >> ran; echo ${tasks.a.output.n}", { dependencies: ["a"] }),
      task("c", "echo c >> ran; false", { retries: 0 }),
    ],
    config: { max_workers: 1 },
  };
  test.each(["before", "torn", "after"])(
    "%s any write can be resumed to the right result",
    { timeout: 600_000 },
    async (how) => {
      for (const at of numbersToTry(how)) {
        const about = `${how} write ${at}`;
        await using rig = new Rig();
        const killed = await rig.run(["run"], { input: file, env: withFault(rig, how, at) });
        if (killed.signal === null) {
          // The run has fewer writes.
          expect(at).toBeGreaterThan(20);
          break;
        }
        // Before the folder is renamed there is no run, and nothing was run.
        if (rig.runs().length === 0) {
          expect(lines(rig, "ran"), about).toEqual([]);
          continue;
        }
        const recorded = succeeded(rig);
        const ran = lines(rig, "ran");
        const { stdout, exit_code, stderr } = await rig.run(["resume", "-q"]);
        expect(exit_code, `${about}: ${stderr}`).toBe(1);
        const { results } = resultIn(stdout);
        expect(
          results.map(({ status, output }) => [status, output]),
          about,
        ).toEqual([
          ["success", { n: 1 }],
          ["success", 1],
          ["error", null],
        ]);
        const again = lines(rig, "ran").slice(ran.length);
        for (const id of recorded) expect(again, `${about}: ${id} had succeeded`).not.toContain(id);
        for (const { task_id, trace_file } of results)
          expect(JSON.parse(readFileSync(trace_file, "utf8")), about).toMatchObject({ task_id });
        // The watcher may still be searching for processes.
        await until(() => rig.leftovers().length === 0);
      }
    },
  );

  test.each(["ENOSPC", "EACCES", "EIO"])(
    "%s at any write never leads to a success in the result that is not recorded",
    { timeout: 600_000 },
    async (how) => {
      for (const at of numbersToTry(how)) {
        const about = `${how} at write ${at}`;
        await using rig = new Rig();
        const { exit_code, stdout, stderr } = await rig.run(["run", "-q"], { input: file, env: withFault(rig, how, at) });
        if (!rig.exists("fired")) break;
        expect([1, 2], `${about}: ${stderr}`).toContain(exit_code);
        expect(stderr, about).not.toMatch(/\n\s+at /);
        if (stdout !== "") {
          const recorded = succeeded(rig);
          for (const { task_id, status } of resultIn(stdout).results)
            if (status === "success") expect(recorded.has(task_id), `${about}: ${task_id}`).toBe(true);
        }
        // The watcher may still be searching for processes.
        await until(() => rig.leftovers().length === 0);
      }
    },
  );
});
