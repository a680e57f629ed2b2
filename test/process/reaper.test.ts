/** Reaping of children that Node did not start. */
import { afterEach, expect, test } from "vitest";
import type { LeaderEnd } from "../../src/process/command.ts";
import { createReaper } from "../../src/process/reaper.ts";

/** Wait statuses of children that have ended and are not reaped yet. */
const zombies = new Map<number, number>();

const reaper = createReaper((pid, status) => {
  const found = zombies.get(pid);
  if (found === undefined) return 0;
  status[0] = found;
  zombies.delete(pid);
  return pid;
});

function endWith(pid: number, exit_code: number): void {
  zombies.set(pid, exit_code << 8);
  process.emit("SIGCHLD", "SIGCHLD");
}

afterEach(() => {
  expect(process.listenerCount("SIGCHLD")).toBe(0);
});

test("reports a child's end although an earlier child with the same id is unreferenced meanwhile", () => {
  const reported: LeaderEnd[] = [];
  const earlier = reaper.listen().expect(7);
  earlier.onExit((end) => reported.push(end));
  endWith(7, 1);
  reaper
    .listen()
    .expect(7)
    .onExit((end) => reported.push(end));
  earlier.unref();
  endWith(7, 2);
  expect(reported).toEqual([
    { exit_code: 1, signal: null },
    { exit_code: 2, signal: null },
  ]);
});

test("reaps an unreferenced child when it ends", () => {
  reaper.listen().expect(7).unref();
  endWith(7, 0);
  expect([...zombies]).toEqual([]);
});
