/** Resumes with a fault at each of their writes: successes are kept, and the next resume ends with the right result. */
import { cpSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { numbersToTry } from "../support/effort.ts";
import { lines, resultIn, succeeded, withFault } from "../support/resumed.ts";
import { Rig, task, until } from "../support/rig.ts";

const file = {
  tasks: [
    task("a", `echo a >> ran; echo '{"n": 1}'`),
    task("b", "echo b >> ran; test -e fixed && echo ${tasks.a.output.n}", { dependencies: ["a"] }),
    task("d", "echo d >> ran; false"),
  ],
  config: { max_workers: 1, retries: 0 },
};

/** Creates a run in which `b` failed and is fixed since; `restore` restores its folder. */
async function failedRun(rig: Rig): Promise<{ restore(): void }> {
  await rig.dispatch(file);
  rig.write("fixed", "");
  const traces = join(rig.folder, "traces");
  const kept = join(rig.folder, "kept");
  cpSync(traces, kept, { recursive: true, verbatimSymlinks: true });
  const ran = rig.read("ran");
  return {
    restore() {
      rmSync(traces, { recursive: true });
      cpSync(kept, join(rig.folder, "next"), { recursive: true, verbatimSymlinks: true });
      renameSync(join(rig.folder, "next"), traces);
      rig.write("ran", ran);
      rmSync(join(rig.folder, "fired"), { force: true });
    },
  };
}

/** Disk errors, used in turn. There is no kill after a write: it equals one before the next write. */
const errors = ["ENOSPC", "EACCES", "EIO"];

test.concurrent.for(["before", "torn", "error", "clock"])(
  "%s at each write: no success is repeated or invented, and the next resume ends with the right result",
  { timeout: 600_000 },
  async (how) => {
    await using rig = new Rig();
    const { restore } = await failedRun(rig);
    for (const at of numbersToTry(`resume, ${how}`)) {
      const about = `${how}, write ${at}`;
      restore();
      const hit = await rig.run(["resume", "-q"], {
        env: withFault(rig, how === "error" ? (errors[at % 3] ?? "") : how, at),
      });
      if (!rig.exists("fired")) {
        // The resume has fewer writes.
        expect(at).toBeGreaterThan(15);
        break;
      }
      expect(hit.stderr, about).not.toMatch(/\n\s+at |node:internal/);
      if (hit.signal === null) {
        expect(how === "clock" ? [1] : [1, 2], `${about}: ${hit.stderr}`).toContain(hit.exit_code);
        if (hit.stdout === "") expect(hit.stderr, about).toMatch(/^dispatch: [^\n]+\n$/m);
      }
      const recorded = succeeded(rig);
      expect(recorded, about).toContain("a");
      if (hit.stdout !== "")
        for (const { task_id, status } of resultIn(hit.stdout).results)
          if (status === "success") expect(recorded, about).toContain(task_id);
      const ran = lines(rig, "ran");
      const { stdout, exit_code, stderr } = await rig.run(["resume", "-q"]);
      expect(exit_code, `${about}: ${stderr}`).toBe(1);
      expect(
        resultIn(stdout).results.map(({ status, error_kind, output }) => [status, error_kind ?? output]),
        about,
      ).toEqual([
        ["success", { n: 1 }],
        ["success", 1],
        ["error", "exit"],
      ]);
      const again = lines(rig, "ran").slice(ran.length);
      for (const id of recorded) expect(again, `${about}: ${id} had succeeded`).not.toContain(id);
      expect(resultIn(stdout).summary.total_time_ms, about).toBeLessThan(3_600_000);
      await until(() => rig.leftovers().length === 0);
    }
  },
);
