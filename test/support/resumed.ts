/** What tests of resuming look at. */
import { join } from "node:path";
import type { RunResult } from "../../src/index.ts";
import { type Rig, root } from "./rig.ts";

/** The lines of a file in the rig; none where there is no file. */
export const lines = (rig: Rig, file: string): string[] => (rig.exists(file) ? rig.read(file).trim().split("\n") : []);

/** The result that a command has printed. */
export const resultIn = (text: string): RunResult => JSON.parse(text) as RunResult;

/** Tasks whose success is in the newest journal. */
export const succeeded = (rig: Rig): Set<string> =>
  new Set(
    rig.runs().length === 0
      ? []
      : rig
          .journal()
          .flatMap((event) => (event.type === "task.finished" && event.outcome.status === "success" ? event.task_id : [])),
  );

/** The environment of a dispatch to which something happens at its n-th write below the traces; see `fault.cjs`. */
export const withFault = (rig: Rig, how: string, at: number) => ({
  NODE_OPTIONS: `--require=${join(root, "test/support/fault.cjs")}`,
  FAULT: JSON.stringify({ at, how, below: join(rig.folder, "traces"), fired: join(rig.folder, "fired") }),
});
