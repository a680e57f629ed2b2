import { oneLine } from "../printable.ts";
import { endingOf, type Progress, type ProgressOptions } from "./progress.ts";

/** Makes the progress of one run. What draws it is loaded here, so that no mode pays for another. */
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
        ending: endingOf({ ending: undefined }, warn),
        stop() {},
        finish() {},
      };
    }
  }
}
