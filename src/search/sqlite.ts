import type { DatabaseSync } from "node:sqlite";

/** Loads Node's own SQLite without Node 22's warning that it is experimental. */
export function loadSqlite(): { DatabaseSync: typeof DatabaseSync } {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (String(warning).includes("SQLite is an experimental feature")) return;
    // The overloads differ only in the arguments after the warning.
    (emitWarning as (...args: unknown[]) => void).call(process, warning, ...rest);
  };
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
