/**
 * Kills this process when its launcher ends. Under an old Node, bin/dispatch.js starts the pinned one and forwards
 * signals. It cannot forward SIGKILL, so it holds the other end of descriptor 3: when that closes, this process kills
 * itself, and the watcher kills its children.
 */
export async function dieWithLauncher(): Promise<void> {
  if (process.env["DISPATCH_LAUNCHER"] === undefined) return;
  // A nested dispatch has its own launcher, or none.
  delete process.env["DISPATCH_LAUNCHER"];
  // Loaded late: sockets take 2 ms to load, and most processes have no launcher. A close meanwhile is seen afterwards.
  const { Socket } = await import("node:net");
  const lifeline = new Socket({ fd: 3, readable: true, writable: false });
  lifeline.on("close", () => process.kill(process.pid, "SIGKILL"));
  lifeline.on("error", () => {});
  lifeline.resume();
  lifeline.unref();
}
