import { closeSync, openSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createSupervisor } from "../../src/process/index.ts";

/** Returns whether a child of this process has ended and is not reaped yet. */
function hasZombie(): boolean {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean);
  return children.some((pid) => / Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1")));
}

test.skipIf(process.platform !== "linux").each([{ fast_spawn: true }, { fast_spawn: false }])(
  "a command that dies of the Ctrl-C that stops the run counts as stopped although its end arrives first: $fast_spawn",
  async (options) => {
    const stop = new AbortController();
    const onSignal = (): void => stop.abort({ type: "signal", signal: "SIGINT" });
    process.once("SIGUSR2", onSignal);
    const supervisor = createSupervisor(options);
    const nowhere = openSync("/dev/null", "w");
    try {
      const command = { command: "kill -s INT $$", cwd: "/", env: process.env, stdout: nowhere, stderr: nowhere };
      const running = supervisor.run(command, stop.signal);
      // This blocks the thread, so that first the child's end and then the signal that stops the run are pending.
      while (!hasZombie());
      process.kill(process.pid, "SIGUSR2");
      expect(await running).toMatchObject({ type: "signalled", signal: "SIGINT", stopped: true });
      expect(await supervisor.run(command, new AbortController().signal)).toMatchObject({ signal: "SIGINT", stopped: false });
    } finally {
      closeSync(nowhere);
      process.removeListener("SIGUSR2", onSignal);
      supervisor.close();
    }
  },
);
