import type { ErrorKind, TaskResult, TaskStatus } from "#events";

/** A task's status as people see it: the one in the JSON, but `interrupted` instead of `cancelled` after a signal or a crash. */
export type ShownStatus = TaskStatus | "interrupted";

/** Returns `interrupted` for what a signal or a crash stopped, else the status itself. */
export const shownStatus = <Status extends TaskStatus>(status: Status, error_kind: ErrorKind | null): Status | "interrupted" =>
  status === "cancelled" && error_kind === "interrupted" ? "interrupted" : status;

const status_order: readonly ShownStatus[] = ["success", "error", "skipped", "cancelled", "interrupted"];

/** Counts rows by the status that is shown, without zeros, successes first. */
export function countStatuses(rows: readonly TaskResult[]): { status: ShownStatus; count: number }[] {
  const counts = new Map<ShownStatus, number>();
  for (const { status, error_kind } of rows) {
    const shown = shownStatus(status, error_kind);
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  return status_order.flatMap((status) => {
    const count = counts.get(status);
    return count === undefined ? [] : [{ status, count }];
  });
}
