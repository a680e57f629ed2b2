import type { CandidateFile } from "./candidates.ts";
import type { FailingTest } from "./clues.ts";
import { importsOf } from "./imports.ts";
import type { Query } from "./query.ts";
import type { Unit } from "./unit.ts";
import { wordsOf } from "./words.ts";
import type { Workspace } from "./workspace.ts";

/** How often files were changed recently, and how often together with the failing tests. */
export interface ChangeCounts {
  changes: ReadonlyMap<string, number>;
  together: ReadonlyMap<string, number>;
}

/** Sets the signals of whole files: a failing test imports the file or is named like it, and its change history. */
export function markFiles(
  units: readonly Unit[],
  known: {
    tests: readonly FailingTest[];
    query: Query;
    counts: ChangeCounts;
    workspace: Workspace;
    candidates: readonly CandidateFile[];
  },
): void {
  const { tests, counts, workspace } = known;
  const stem = (path: string): string =>
    (path.split("/").at(-1) ?? "")
      .replace(/\.\w+$/, "")
      .replace(/[._-](?:test|spec)$|^test_|_test$|Tests?$/g, "")
      .toLowerCase();
  const folder = (path: string): string => path.split("/").slice(0, -1).at(-1)?.toLowerCase() ?? "";
  const test_stems = new Set(tests.flatMap(({ file }) => [stem(file), ...(stem(file) === "index" ? [folder(file)] : [])]));
  const test_words = new Set(
    tests.flatMap(({ definition, file }) => [...wordsOf(definition?.name ?? ""), ...wordsOf(stem(file))]),
  );
  const imported = new Map<string, number>();
  for (const { file } of tests) {
    const source = workspace.text(file);
    const direct = source === undefined ? [] : importsOf(source, workspace);
    for (const one of direct) imported.set(one.file, 1 / Math.max(1, direct.length) ** 0.25);
  }
  const distances = new Map(known.candidates.map(({ path, distance }) => [path, distance]));
  const max_changes = Math.log(1 + Math.max(1, ...counts.changes.values()));
  const max_together = Math.max(1, ...counts.together.values());
  for (const { definition, signals } of units) {
    const { file } = definition;
    const distance = distances.get(file) ?? 9;
    signals.imported = imported.get(file) ?? (distance < 9 ? 0.5 ** (distance + 1) : 0);
    const own = stem(file) === "index" || stem(file) === "__init__" || stem(file) === "mod" ? folder(file) : stem(file);
    signals.twin = test_stems.has(own)
      ? 1
      : [...test_stems].some((one) => one.length > 3 && (one.includes(own) || own.includes(one)) && own.length > 3)
        ? 0.5
        : 0;
    const names = new Set(wordsOf(`${definition.name}`));
    const shared = [...names].filter((word) => test_words.has(word) || (known.query.words.get(word) ?? 0) >= 2.5).length;
    signals.name = names.size === 0 ? 0 : shared / Math.max(names.size, 1.5);
    signals.churn = Math.log(1 + (counts.changes.get(file) ?? 0)) / max_changes;
    signals.together = (counts.together.get(file) ?? 0) / max_together;
  }
}
