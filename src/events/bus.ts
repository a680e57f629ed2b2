import { type EventBody, event_version, type RunEvent } from "./event.ts";

/** Stores events. The journal implements it. */
export interface Recorder {
  /** Accepts an event synchronously, in order. */
  append(event: RunEvent): void;
  /** Resolves with the `seq` of the last event on disk once every appended event is there; rejects if the write fails. */
  sync(): Promise<number>;
}

/** Receives every event, in order; must not throw. */
export type Listener = (event: RunEvent) => void;

/** Carries the run's events to the recorder and then to every listener. */
export interface EventBus {
  /**
   * Stamps an event, records it and delivers it. The end of a task or run is delivered only once it is on disk. Later
   * events wait for it, so no listener sees an end that a crash could undo.
   * The promise resolves at delivery, or when the recorder has failed and the event is never delivered.
   */
  publish(body: EventBody): Promise<void> | undefined;
  subscribe(listener: Listener): void;
}

const needsSync = (event: RunEvent): boolean => event.type === "task.finished" || event.type === "run.finished";

/** Creates the bus of one run. `now` returns epoch milliseconds; `seq` is the last number of an earlier start. */
export function createBus(options: { run_id: string; recorder: Recorder; now: () => number; seq?: number }): EventBus {
  const { run_id, recorder, now } = options;
  const listeners: Listener[] = [];
  /** Recorded but not delivered; the first is an event that is being synced. */
  let held: RunEvent[] = [];
  let delivered = options.seq ?? 0;
  let seq = delivered;
  let failed = false;

  function deliver(event: RunEvent): void {
    delivered = event.seq;
    for (const listener of listeners) listener(event);
  }

  /** Delivers every event up to the first that still has to be synced. */
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
