/** What tests of resuming look at. */
import type { RunResult } from "../../src/index.ts";
import type { Rig } from "./rig.ts";

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
