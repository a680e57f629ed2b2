/**
 * Under an old Node, bin/dispatch.js starts the pinned one and passes signals on. SIGKILL cannot be passed on, so the
 * launcher holds the other end of descriptor 3: when that closes, this process goes the same way, and the watcher ends
 * what it had started.
 */
export async function dieWithLauncher(): Promise<void> {
  if (process.env["DISPATCH_LAUNCHER"] === undefined) return;
  // A dispatch that a task starts has a launcher of its own, or none.
  delete process.env["DISPATCH_LAUNCHER"];
  // Sockets take two milliseconds to load, and few have a launcher; an end that comes meanwhile is seen after that.
  const { Socket } = await import("node:net");
  const lifeline = new Socket({ fd: 3, readable: true, writable: false });
  lifeline.on("close", () => process.kill(process.pid, "SIGKILL"));
  lifeline.on("error", () => {});
  lifeline.resume();
  lifeline.unref();
}
