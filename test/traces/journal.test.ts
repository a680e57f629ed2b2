import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createBus, event_version, type RunEvent } from "../../src/events/index.ts";
import { journalLine, openJournal, parseJournalLine } from "../../src/traces/index.ts";

const event = (seq: number, task_id = "a"): RunEvent => ({
  v: event_version,
  seq,
  time: "2026-01-01T00:00:00.000Z",
  run_id: "r",
  type: "task.ready",
  task_id,
});

test("a line gives back its event, whatever text is in it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(), (text, seq) => {
      const line = journalLine(event(seq, text));
      expect(line.endsWith("\n")).toBe(true);
      expect(line.slice(0, -1)).not.toContain("\n");
      // A lone surrogate cannot be written as UTF-8: JSON escapes it, so that it too comes back.
      expect(parseJournalLine(Buffer.from(line.slice(0, -1)).toString("utf8"))).toEqual(event(seq, text));
    }),
  );
});

test("a line that was cut or changed anywhere is no event", () => {
  const line = journalLine(event(7)).slice(0, -1);
  for (let at = 0; at < line.length; at++) {
    expect(parseJournalLine(line.slice(0, at)), `cut at ${at}`).toBeUndefined();
    for (const bit of [1, 2, 4, 16]) {
      const changed = line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) ^ bit) + line.slice(at + 1);
      expect(parseJournalLine(changed), `changed at ${at}`).toBeUndefined();
    }
  }
  expect(parseJournalLine('{"looks": "like one"}')).toBeUndefined();
});

test("what is synced is on disk, in order, and those who wait together share a sync", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-journal-"));
  const path = join(folder, "journal.ndjson");
  writeFileSync(path, "");
  const journal = openJournal(path, { bytes: 0, seq: 0 }, (error) => expect.fail(error));
  const synced: number[] = [];
  const waits: Promise<void>[] = [];
  for (let seq = 1; seq <= 50; seq++) {
    journal.append(event(seq));
    waits.push(
      journal.sync().then((upto) => {
        const lines = readFileSync(path, "utf8").trim().split("\n");
        expect(lines.length).toBeGreaterThanOrEqual(seq);
        synced.push(upto);
      }),
    );
  }
  await Promise.all(waits);
  await journal.close();
  expect(new Set(synced).size).toBeLessThan(5);
  const seqs = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => parseJournalLine(line)?.seq);
  expect(seqs).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  rmSync(folder, { recursive: true });
});

test("a listener hears of a task's end only when it is on disk, and of what follows only after that", async () => {
  const sync = Promise.withResolvers<number>();
  const heard: string[] = [];
  const bus = createBus({ run_id: "r", recorder: { append() {}, sync: () => sync.promise }, now: () => 0 });
  bus.subscribe((one) => heard.push(one.type));
  bus.publish({ type: "task.ready", task_id: "a" });
  const published = bus.publish({
    type: "task.finished",
    task_id: "a",
    agent: "x",
    attempts: 1,
    execution_time_ms: 1,
    outcome: { status: "success", output: 1 },
  });
  bus.publish({ type: "task.ready", task_id: "b" });
  expect(heard).toEqual(["task.ready"]);
  sync.resolve(2);
  await published;
  expect(heard).toEqual(["task.ready", "task.finished", "task.ready"]);
});

test("a listener never hears of an end that could not be written", async () => {
  const heard: string[] = [];
  const bus = createBus({
    run_id: "r",
    recorder: { append() {}, sync: () => Promise.reject(new Error("ENOSPC")) },
    now: () => 0,
  });
  bus.subscribe((one) => heard.push(one.type));
  await bus.publish({
    type: "task.finished",
    task_id: "a",
    agent: "x",
    attempts: 1,
    execution_time_ms: 1,
    outcome: { status: "success", output: 1 },
  });
  bus.publish({ type: "task.ready", task_id: "b" });
  expect(heard).toEqual([]);
});
