/** Ends of children that Node does not know of. */
import { afterEach, expect, test } from "vitest";
import type { LeaderEnd } from "../../src/process/command.ts";
import { createReaper } from "../../src/process/reaper.ts";

/** Wait statuses of children that have ended, and that nobody has asked for. */
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

test("a child is told of its end, though an earlier one of the same number is given up meanwhile", () => {
  const heard: LeaderEnd[] = [];
  const earlier = reaper.listen().expect(7);
  earlier.onExit((end) => heard.push(end));
  endWith(7, 1);
  reaper
    .listen()
    .expect(7)
    .onExit((end) => heard.push(end));
  earlier.unref();
  endWith(7, 2);
  expect(heard).toEqual([
    { exit_code: 1, signal: null },
    { exit_code: 2, signal: null },
  ]);
});

test("a child that was given up is no zombie when it ends", () => {
  reaper.listen().expect(7).unref();
  endWith(7, 0);
  expect([...zombies]).toEqual([]);
});
