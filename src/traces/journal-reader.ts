import type { RunEvent, RunStarted } from "#events";
import { belongsToRun, parseJournalLine, readRunStarted } from "./journal.ts";
import { readLines } from "./lines.ts";
import type { RunFolder } from "./run-folder.ts";

/** What a pass over a journal found besides its events. */
export interface JournalPass {
  started: RunEvent & RunStarted;
  /** Lines that were torn or foreign. */
  skipped_lines: number;
  /** Bytes of the journal, and whether its last line is complete. */
  bytes: number;
  ends_in_newline: boolean;
}

/**
 * Reads a run's journal in one streaming pass, whatever its size, and passes on each event in order. `run.started` comes
 * first, from its copy if the journal's first line is damaged. Throws a `DispatchError` if the journal is unreadable, was
 * written by a newer dispatch, or has lost its first line.
 */
export function readJournal(folder: RunFolder, onEvent: (event: RunEvent) => void): JournalPass {
  let started: (RunEvent & RunStarted) | undefined;
  let skipped_lines = 0;
  const start = (event: RunEvent & RunStarted): void => {
    started = event;
    onEvent(event);
  };
  const read = readLines(folder, (line) => {
    const event = parseJournalLine(line);
    if (event === undefined || !belongsToRun(event, folder.run_id, started)) {
      skipped_lines++;
      return;
    }
    if (started === undefined) {
      if (event.type === "run.started") return start(event);
      start(readRunStarted(folder));
    }
    onEvent(event);
  });
  if (started === undefined) start(readRunStarted(folder));
  // Assigned in a callback, which the compiler does not follow.
  return { started: started as unknown as RunEvent & RunStarted, skipped_lines, ...read };
}
