/** Recorded runs for tests of traces and reports; each is a run of the real binary. */
import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findRun, type RecordedRun, readRun } from "../../src/traces/index.ts";
import { type Rig, task } from "./rig.ts";

/** Reads the newest run of a rig. */
export const newestRun = (rig: Rig): RecordedRun => readRun(findRun(join(rig.folder, "traces")));

/** The task file of `mixedRun`. */
export const mixed_file = {
  user_prompt: "Build it, | test <it>\nand *ship* it",
  tasks: [
    task("build", `echo '{"files": ["a", "b"]}'`, { description: "Builds all" }),
    task("check", "echo checking; echo 'bad \\033[31mthing\\033[0m' >&2; exit 3", { dependencies: ["build"] }),
    task("deploy", "true", { dependencies: ["check"] }),
    task("announce", "true", { dependencies: ["deploy", "build"] }),
    task("flaky", 'test "$DISPATCH_ATTEMPT" = 2 || exit 7; echo fine', { retries: 2 }),
    task("proved", "printf '%s\\n' '```' done", { verify: ["echo looking; exit 4"] }),
    task("twin-1", "echo no twin-1 here; exit 5"),
    task("twin-2", "echo no twin-2 here; exit 5"),
  ],
};

/** Records a success, a failure with a chain of dependents, a successful retry, a verify failure and two equal failures. */
export async function mixedRun(rig: Rig): Promise<RecordedRun> {
  await rig.dispatch(mixed_file);
  return newestRun(rig);
}

/** Records a successful run in which `second` depends on `first`. */
export async function goodRun(rig: Rig): Promise<RecordedRun> {
  await rig.dispatch({ tasks: [task("first", "echo 1"), task("second", "echo 2", { dependencies: ["first"] })] });
  return newestRun(rig);
}

/** Records a run killed while `held` ran; `done` had ended, and `after` depends on `held`. */
export async function killedRun(rig: Rig): Promise<RecordedRun> {
  const command = await rig.fake();
  const running = rig.start(["run"], {
    input: {
      tasks: [
        task("done", "echo 1"),
        task("held", command, { dependencies: ["done"] }),
        task("after", "true", { dependencies: ["held"] }),
      ],
    },
  });
  const held = await rig.nextInvocation();
  running.child.kill("SIGKILL");
  await running.ended;
  await held.gone;
  return newestRun(rig);
}

/** Records the same run and resumes it: the kill interrupts the first attempt of `held`, the second succeeds. */
export async function killedAndResumedRun(rig: Rig): Promise<RecordedRun> {
  await killedRun(rig);
  const resumed = rig.start(["resume"]);
  (await rig.nextInvocation()).exit(0);
  await resumed.ended;
  return newestRun(rig);
}

/** Records a run that SIGINT stopped while `held` ran. */
export async function interruptedRun(rig: Rig): Promise<RecordedRun> {
  const command = await rig.fake();
  const running = rig.start(["run"], {
    input: { tasks: [task("held", command), task("after", "true", { dependencies: ["held"] })] },
  });
  await rig.nextInvocation();
  running.child.kill("SIGINT");
  await running.ended;
  return newestRun(rig);
}

/** Cuts the newest journal in the middle of the line that contains `text`, as a crash would. */
export function cutJournal(rig: Rig, text: string): void {
  const { journal } = findRun(join(rig.folder, "traces"));
  const content = readFileSync(journal, "utf8");
  const at = content.indexOf(text);
  if (at === -1) throw new Error(`The journal does not contain ${text}`);
  truncateSync(journal, Buffer.byteLength(content.slice(0, at + text.length)));
}

/** Appends a foreign line to the newest journal. */
export function spoilJournal(rig: Rig): void {
  appendFileSync(findRun(join(rig.folder, "traces")).journal, '{"v":1,"seq":9999,"type":"task.finished","crc":"00000000"}\n');
}

/** Damages the line of the newest journal that contains `text`. */
export function damageLine(rig: Rig, text: string): void {
  const { journal } = findRun(join(rig.folder, "traces"));
  const lines = readFileSync(journal, "utf8").split("\n");
  const at = lines.findIndex((line) => line.includes(text));
  if (at === -1) throw new Error(`The journal does not contain ${text}`);
  lines[at] = `${lines[at]?.slice(0, -30)}?`;
  writeFileSync(journal, lines.join("\n"));
}
