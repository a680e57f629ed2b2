import { expect, test } from "vitest";
import { listenToSignals } from "../../src/cli/signals.ts";

function listen() {
  const told: string[] = [];
  let now = 1000;
  const control = listenToSignals(
    (what, signal) => told.push(`${what} ${signal}`),
    () => now,
    (signal) => told.push(`raise ${signal}`),
  );
  return {
    told,
    control,
    send(signal: "SIGINT" | "SIGTERM" | "SIGHUP", at: number): void {
      now = 1000 + at;
      process.emit(signal);
    },
  };
}

test("the first signal stops, a later one kills, and the first decides what the run ended by", () => {
  const { told, control, send } = listen();
  send("SIGINT", 0);
  expect([control.stop.aborted, control.kill.aborted]).toEqual([true, false]);
  expect(control.stop.reason).toEqual({ type: "signal", signal: "SIGINT" });
  send("SIGINT", 250);
  send("SIGINT", 600);
  control.close();
  expect(told).toEqual(["stop SIGINT", "kill SIGINT"]);
  expect([control.received, control.kill.aborted]).toEqual(["SIGINT", true]);
});

test("a signal that comes again within 250 ms is the launcher's echo of the same one", () => {
  const { told, control, send } = listen();
  send("SIGINT", 0);
  send("SIGINT", 1);
  send("SIGINT", 249);
  control.close();
  expect(told).toEqual(["stop SIGINT"]);
});

test("whoever presses on and on gets through: an echo does not put off the next", () => {
  const { told, control, send } = listen();
  for (let at = 0; at <= 300; at += 100) send("SIGINT", at);
  control.close();
  expect(told).toEqual(["stop SIGINT", "kill SIGINT"]);
});

test("another signal is never an echo", () => {
  const { told, control, send } = listen();
  send("SIGINT", 0);
  send("SIGTERM", 1);
  control.close();
  expect(told).toEqual(["stop SIGINT", "kill SIGTERM"]);
  expect(control.received).toBe("SIGINT");
});

test("closed, it leaves the signals their default", () => {
  const before = process.listenerCount("SIGINT");
  const { control } = listen();
  expect(process.listenerCount("SIGINT")).toBe(before + 1);
  control.close();
  expect(process.listenerCount("SIGINT")).toBe(before);
});

test("when the run is over, an echo does not keep the result from being written, and another signal ends dispatch", () => {
  const before = process.listenerCount("SIGINT");
  const { told, control, send } = listen();
  send("SIGINT", 0);
  control.runIsOver();
  send("SIGINT", 200);
  expect(told).toEqual(["stop SIGINT"]);
  send("SIGINT", 300);
  expect(told).toEqual(["stop SIGINT", "raise SIGINT"]);
  expect(process.listenerCount("SIGINT")).toBe(before);
});
