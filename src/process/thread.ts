import { parentPort, Worker, workerData } from "node:worker_threads";

/** A module that runs in its own thread. */
export interface Thread {
  post(message: unknown): void;
  /** Resolves to the thread's next message. Rejects if the thread ends or fails first; one call at a time. */
  next(): Promise<unknown>;
  /** Ends the thread; safe to call at any time. */
  end(): Promise<void>;
}

/** Starts a module in a thread; `data` is copied to it. */
export function startThread(file: string, data: unknown): Thread {
  // Its output is dropped: a library's warning must not mix with dispatch's own output.
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

/** The thread's own side: the data passed to it, and its channel to the thread that started it. */
export interface InsideThread {
  data: unknown;
  post(message: unknown): void;
  listen(onMessage: (message: unknown) => void): void;
}

/** Returns the inner side of the thread that the calling module runs in. */
export function insideThread(): InsideThread {
  return {
    data: workerData,
    post: (message) => parentPort?.postMessage(message),
    listen: (onMessage) => parentPort?.on("message", onMessage),
  };
}
