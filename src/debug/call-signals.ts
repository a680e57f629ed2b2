import type { FailingTest } from "./clues.ts";
import { importsOf } from "./imports.ts";
import type { Query } from "./query.ts";
import type { Unit } from "./unit.ts";
import type { Workspace } from "./workspace.ts";

/** Follows calls from the failing line and test for up to four steps; the signal weakens with each step. */
export function markCalls(units: readonly Unit[], query: Query, tests: readonly FailingTest[], workspace: Workspace): void {
  const by_name = new Map<string, Unit[]>();
  for (const unit of units) {
    const same = by_name.get(unit.definition.name);
    if (same === undefined) by_name.set(unit.definition.name, [unit]);
    else same.push(unit);
  }
  const imported = new Set<string>();
  for (const { file } of tests) {
    const source = workspace.text(file);
    if (source !== undefined) for (const one of importsOf(source, workspace)) imported.add(one.file);
  }
  let wave = new Map<Unit, number>();
  const total = new Map<Unit, number>();
  const reach = (name: string, strength: number, into: Map<Unit, number>, from?: Unit): void => {
    const same = by_name.get(name);
    if (same === undefined || same.length > 40) return;
    // Of several definitions with the same name, the nearest count: those in the same file or in the test's imports.
    const near =
      from === undefined
        ? same.filter((unit) => imported.has(unit.definition.file))
        : same.filter((unit) => unit.definition.file === from.definition.file);
    const chosen = near.length > 0 ? near : same;
    for (const unit of chosen) if (unit !== from) into.set(unit, (into.get(unit) ?? 0) + strength / chosen.length ** 0.7);
  };
  for (const [name, weight] of query.identifiers) reach(name, weight / 3, wave);
  for (const [unit, strength] of wave) unit.signals.direct = Math.min(1, strength);
  for (const unit of units) if (unit.signals.frame > 0) wave.set(unit, (wave.get(unit) ?? 0) + 0.7 * unit.signals.frame);
  for (let hop = 0; hop < 4 && wave.size > 0; hop++) {
    const next = new Map<Unit, number>();
    for (const [unit, strength] of wave) {
      total.set(unit, (total.get(unit) ?? 0) + strength);
      if (strength < 0.01) continue;
      // Naming a class usually calls its constructor.
      if (unit.definition.kind === "class")
        for (const one of units) {
          const { name, container, file } = one.definition;
          if (
            container === unit.definition.name &&
            file === unit.definition.file &&
            /^(?:__init__|__new__|constructor|initialize|new)$/.test(name)
          )
            next.set(one, (next.get(one) ?? 0) + 0.8 * strength);
        }
      const named = [...unit.calls].filter((name) => by_name.has(name) && name !== unit.definition.name);
      for (const name of named) reach(name, (0.55 * strength) / Math.max(1, named.length) ** 0.5, next, unit);
    }
    wave = next;
  }
  const max_strength = Math.max(...total.values(), 1e-9);
  for (const [unit, strength] of total) unit.signals.called = (strength / max_strength) ** 0.5;
}
