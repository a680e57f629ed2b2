import { parentPort, Worker, workerData } from "node:worker_threads";

/** A module that runs in a thread of its own. */
export interface Thread {
  post(message: unknown): void;
  /** The next message from it. Rejects when the thread ends or fails first; one wait at a time. */
  next(): Promise<unknown>;
  /** Ends it; safe to call at any time. */
  end(): Promise<void>;
}

/** Starts a module in a thread; `data` is copied there. */
export function startThread(file: string, data: unknown): Thread {
  // What it prints is nobody's: a library's warning must not stand among dispatch's own output.
  const worker = new Worker(file, { workerData: data, stdout: true, stderr: true });
  const arrived: unknown[] = [];
  let failure: Error | undefined;
  let waiting: { resolve: (message: unknown) => void; reject: (error: Error) => void } | undefined;
  const fail = (error: Error): void => {
    failure ??= error;
    waiting?.reject(failure);
    waiting = undefined;
  };
  worker.on("message", (message) => {
    if (waiting === undefined) arrived.push(message);
    else {
      waiting.resolve(message);
      waiting = undefined;
    }
  });
  worker.on("error", (error) => fail(error instanceof Error ? error : new Error(String(error))));
  worker.on("exit", () => fail(new Error("The thread has ended.")));
  return {
    post: (message) => worker.postMessage(message),
    next: () =>
      new Promise((resolve, reject) => {
        if (arrived.length > 0) resolve(arrived.shift());
        else if (failure !== undefined) reject(failure);
        else waiting = { resolve, reject };
      }),
    async end() {
      await worker.terminate();
    },
  };
}

/** The side of a thread's own module: what it was given, and how it speaks with whoever started it. */
export interface InsideThread {
  data: unknown;
  post(message: unknown): void;
  listen(onMessage: (message: unknown) => void): void;
}

/** For a module that runs in a thread. */
export function insideThread(): InsideThread {
  return {
    data: workerData,
    post: (message) => parentPort?.postMessage(message),
    listen: (onMessage) => parentPort?.on("message", onMessage),
  };
}
