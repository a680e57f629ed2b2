/** A watcher that cannot be started. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("dispatch survives a watcher that cannot start for lack of file descriptors", () => {
  const watcher = new URL("../../src/process/watcher.ts", import.meta.url).href;
  const script = `
    import { closeSync, openSync } from "node:fs";
    import { startWatcher } from ${JSON.stringify(watcher)};
    const taken = [];
    try {
      for (;;) taken.push(openSync("/dev/null"));
    } catch {}
    const watcher = startWatcher("token");
    setImmediate(() => {
      taken.forEach(closeSync);
      watcher.close(true);
      console.log("alive");
    });`;
  const limited = ["-c", 'ulimit -n 64 && exec "$@"', "sh", process.execPath, "--input-type=module", "-e", script];
  const { stdout, stderr } = spawnSync("/bin/sh", limited, { encoding: "utf8" });
  expect(stdout, stderr).toBe("alive\n");
});
