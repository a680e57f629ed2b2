import { oneLine } from "../printable.ts";
import { createStopping, type Progress, type ProgressOptions } from "./progress.ts";

/** Creates the progress of a run. Loads the code of the mode here, so that no mode pays for another. */
export async function createProgress(options: ProgressOptions): Promise<Progress> {
  switch (options.mode) {
    case "live":
      return (await import("./progress-live.ts")).createLiveProgress(options);
    case "plain":
      return (await import("./progress-plain.ts")).createPlainProgress(options);
    case "none": {
      const warn = (message: string): void => void options.stream.write(`dispatch: ${oneLine(message)}\n`);
      return {
        listen() {},
        warn,
        stopping: createStopping({ stopping: undefined }, warn),
        stop() {},
        finish() {},
      };
    }
  }
}
