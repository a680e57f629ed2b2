import type { DatabaseSync } from "node:sqlite";

/** Node's own SQLite. Node 22 warns that it is experimental, which is no user's concern; every other warning stays. */
export function loadSqlite(): { DatabaseSync: typeof DatabaseSync } {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (String(warning).includes("SQLite is an experimental feature")) return;
    // The overloads differ only in what may follow the warning.
    (emitWarning as (...args: unknown[]) => void).call(process, warning, ...rest);
  };
  try {
    return process.getBuiltinModule("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
