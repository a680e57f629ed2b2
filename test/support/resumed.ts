/** Helpers of the tests of resume. */
import { join } from "node:path";
import type { RunResult } from "../../src/index.ts";
import { type Rig, root } from "./rig.ts";

/** Returns the lines of a file in the rig; none if it does not exist. */
export const lines = (rig: Rig, file: string): string[] => (rig.exists(file) ? rig.read(file).trim().split("\n") : []);

/** Parses the result that a command printed. */
export const resultIn = (text: string): RunResult => JSON.parse(text) as RunResult;

/** Returns the tasks whose success is in the newest journal. */
export const succeeded = (rig: Rig): Set<string> =>
  new Set(
    rig.runs().length === 0
      ? []
      : rig
          .journal()
          .flatMap((event) => (event.type === "task.finished" && event.outcome.status === "success" ? event.task_id : [])),
  );

/** Returns an environment that injects a fault at dispatch's n-th write below the traces; see `fault.cjs`. */
export const withFault = (rig: Rig, how: string, at: number) => ({
  NODE_OPTIONS: `--require=${join(root, "test/support/fault.cjs")}`,
  FAULT: JSON.stringify({ at, how, below: join(rig.folder, "traces"), fired: join(rig.folder, "fired") }),
});
