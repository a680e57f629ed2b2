import { type EventBody, event_version, type RunEvent } from "./event.ts";

/** Keeps events; the journal is one. */
export interface Recorder {
  /** Takes an event at once, in order. */
  append(event: RunEvent): void;
  /** Resolves when all that is appended so far is on disk, to the `seq` of the last such event; rejects if it cannot be. */
  sync(): Promise<number>;
}

/** Hears every event, in order; must not throw. */
export type Listener = (event: RunEvent) => void;

/** Carries the run's events to the recorder and then to every listener. */
export interface EventBus {
  /**
   * Stamps an event, records it and delivers it. The end of a task or of the run is delivered only when the recorder has
   * it on disk, and what comes behind it waits for it, so no listener ever hears of an end that a crash could undo.
   * The promise resolves at delivery, or when the recorder has failed and there will be none.
   */
  publish(body: EventBody): Promise<void> | undefined;
  subscribe(listener: Listener): void;
}

const needsSync = (event: RunEvent): boolean => event.type === "task.finished" || event.type === "run.finished";

/** Makes a bus for one run; `now` gives epoch milliseconds. */
export function createBus(options: { run_id: string; recorder: Recorder; now: () => number; seq?: number }): EventBus {
  const { run_id, recorder, now } = options;
  const listeners: Listener[] = [];
  /** Recorded, not delivered: starts with an event that is being synced. */
  let held: RunEvent[] = [];
  let delivered = options.seq ?? 0;
  let seq = delivered;
  let failed = false;

  function deliver(event: RunEvent): void {
    delivered = event.seq;
    for (const listener of listeners) listener(event);
  }

  /** Delivers all that is known to be on disk, and what follows it without needing to be. */
  function release(synced: number): void {
    let next = 0;
    for (const event of held) {
      if (event.seq > synced && needsSync(event)) break;
      deliver(event);
      next++;
    }
    held = held.slice(next);
  }

  return {
    subscribe(listener) {
      listeners.push(listener);
    },
    publish(body) {
      const event: RunEvent = { v: event_version, seq: ++seq, time: new Date(now()).toISOString(), run_id, ...body };
      if (failed) return undefined;
      recorder.append(event);
      if (!needsSync(event)) {
        if (held.length === 0) deliver(event);
        else held.push(event);
        return undefined;
      }
      held.push(event);
      return recorder.sync().then(
        (synced) => {
          if (event.seq > delivered) release(synced);
        },
        () => {
          failed = true;
        },
      );
    },
  };
}
