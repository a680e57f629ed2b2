import { expect, test } from "vitest";
import { listenToSignals } from "../../src/cli/signals.ts";

function listen() {
  const calls: string[] = [];
  let now = 1000;
  const control = listenToSignals(
    (what, signal) => calls.push(`${what} ${signal}`),
    () => now,
    (signal) => calls.push(`raise ${signal}`),
  );
  return {
    calls,
    control,
    send(signal: "SIGINT" | "SIGTERM" | "SIGHUP", at: number): void {
      now = 1000 + at;
      process.emit(signal);
    },
  };
}

test("the first signal stops, a later one kills, and the first is the reported one", () => {
  const { calls, control, send } = listen();
  send("SIGINT", 0);
  expect([control.stop.aborted, control.kill.aborted]).toEqual([true, false]);
  expect(control.stop.reason).toEqual({ type: "signal", signal: "SIGINT" });
  send("SIGINT", 250);
  send("SIGINT", 600);
  control.close();
  expect(calls).toEqual(["stop SIGINT", "kill SIGINT"]);
  expect([control.received, control.kill.aborted]).toEqual(["SIGINT", true]);
});

test("the same signal within 250 ms counts as the launcher's echo", () => {
  const { calls, control, send } = listen();
  send("SIGINT", 0);
  send("SIGINT", 1);
  send("SIGINT", 249);
  control.close();
  expect(calls).toEqual(["stop SIGINT"]);
});

test("holding down Ctrl-C kills the run: an echo does not extend the 250 ms", () => {
  const { calls, control, send } = listen();
  for (let at = 0; at <= 300; at += 100) send("SIGINT", at);
  control.close();
  expect(calls).toEqual(["stop SIGINT", "kill SIGINT"]);
});

test("a different signal is never an echo", () => {
  const { calls, control, send } = listen();
  send("SIGINT", 0);
  send("SIGTERM", 1);
  control.close();
  expect(calls).toEqual(["stop SIGINT", "kill SIGTERM"]);
  expect(control.received).toBe("SIGINT");
});

test("close removes the handlers", () => {
  const before = process.listenerCount("SIGINT");
  const { control } = listen();
  expect(process.listenerCount("SIGINT")).toBe(before + 1);
  control.close();
  expect(process.listenerCount("SIGINT")).toBe(before);
});

test("after the run, an echo does not interrupt writing the result, and another signal ends dispatch", () => {
  const before = process.listenerCount("SIGINT");
  const { calls, control, send } = listen();
  send("SIGINT", 0);
  control.runIsOver();
  send("SIGINT", 200);
  expect(calls).toEqual(["stop SIGINT"]);
  send("SIGINT", 300);
  expect(calls).toEqual(["stop SIGINT", "raise SIGINT"]);
  expect(process.listenerCount("SIGINT")).toBe(before);
});
