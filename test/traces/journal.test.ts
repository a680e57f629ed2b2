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

test("parsing a line returns its event, whatever text it has", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(), (text, seq) => {
      const line = journalLine(event(seq, text));
      expect(line.endsWith("\n")).toBe(true);
      expect(line.slice(0, -1)).not.toContain("\n");
      // A lone surrogate has no UTF-8 form, but JSON escapes it.
      expect(parseJournalLine(Buffer.from(line.slice(0, -1)).toString("utf8"))).toEqual(event(seq, text));
    }),
  );
});

test("a line that is cut or changed anywhere fails its check", () => {
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

test("synced events are on disk in order, and callers that wait together share a sync", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-journal-"));
  const path = join(folder, "journal.ndjson");
  writeFileSync(path, "");
  const journal = openJournal(path, { bytes: 0, seq: 0 }, (error) => expect.fail(error));
  const synced: number[] = [];
  const waits: Promise<void>[] = [];
  for (let seq = 1; seq <= 50; seq++) {
    journal.append(event(seq));
    waits.push(
      journal.sync().then((synced_to) => {
        const lines = readFileSync(path, "utf8").trim().split("\n");
        expect(lines.length).toBeGreaterThanOrEqual(seq);
        synced.push(synced_to);
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

test("a listener gets a task's end only when it is on disk, and later events only after that", async () => {
  const sync = Promise.withResolvers<number>();
  const delivered: string[] = [];
  const bus = createBus({ run_id: "r", recorder: { append() {}, sync: () => sync.promise }, now: () => 0 });
  bus.subscribe((one) => delivered.push(one.type));
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
  expect(delivered).toEqual(["task.ready"]);
  sync.resolve(2);
  await published;
  expect(delivered).toEqual(["task.ready", "task.finished", "task.ready"]);
});

test("a listener never gets an end that could not be written", async () => {
  const delivered: string[] = [];
  const bus = createBus({
    run_id: "r",
    recorder: { append() {}, sync: () => Promise.reject(new Error("ENOSPC")) },
    now: () => 0,
  });
  bus.subscribe((one) => delivered.push(one.type));
  await bus.publish({
    type: "task.finished",
    task_id: "a",
    agent: "x",
    attempts: 1,
    execution_time_ms: 1,
    outcome: { status: "success", output: 1 },
  });
  bus.publish({ type: "task.ready", task_id: "b" });
  expect(delivered).toEqual([]);
});
