import type { Design } from "./design.ts";
import { membersShape } from "./fold-members.ts";
import type { Shape } from "./fold-shape.ts";
import { literal, tuple } from "./python.ts";
import { identifier } from "./words.ts";

/** Returns the Python expression for an event's group. */
function keyOf(by: readonly string[]): string {
  const [only, ...more] = by;
  return only !== undefined && more.length === 0
    ? `str(event.${identifier(only)})`
    : `":".join(str(part) for part in (${by.map((one) => `event.${identifier(one)}`).join(", ")}))`;
}

/** Returns a fold's state and body in Python. */
export function shapeOf(design: Design): Shape {
  const { fold } = design;
  const typeOf = (name: string): string => design.fields.find((field) => field.name === name)?.type ?? "Any";
  const zero = (type: string): string => (type === "Decimal" ? 'Decimal("0")' : type === "float" ? "0.0" : "0");
  const keyed = "by" in fold && fold.by.length > 0;
  const key = "by" in fold && keyed ? keyOf(fold.by) : "";
  const by = "by" in fold ? fold.by.map((one) => one.replaceAll("_", " ")).join(" and ") : "";
  const per = keyed ? ` per ${by}` : "";
  switch (fold.kind) {
    case "quantities":
      return quantitiesShape(design, fold, keyed ? key : undefined, per);
    case "count":
      return keyed
        ? {
            state: ["    counts: dict[str, int] = field(default_factory=dict)"],
            body: `key = ${key}\nreturn State(counts={**state.counts, key: state.counts.get(key, 0) + 1})`,
            doc: `Count the event${per}; neither argument is changed.`,
            checks: ['_expect(list(second.counts.values()) == [2], "the count is wrong")'],
            restore: "State(**saved)",
          }
        : {
            state: ["    count: int = 0"],
            body: "return State(count=state.count + 1)",
            doc: "Count the event; neither argument is changed.",
            checks: ['_expect(second.count == 2, "the count is wrong")'],
            restore: "State(**saved)",
          };
    case "sum": {
      const type = typeOf(fold.value);
      const value = `event.${identifier(fold.value)}`;
      const restore_one = type === "Decimal" ? 'State(total=Decimal(saved["total"]))' : "State(**saved)";
      const restore_many =
        type === "Decimal" ? 'State(totals={key: Decimal(one) for key, one in saved["totals"].items()})' : "State(**saved)";
      return keyed
        ? {
            state: [`    totals: dict[str, ${type}] = field(default_factory=dict)`],
            body: `key = ${key}\ntotal = state.totals.get(key, ${zero(type)}) + ${value}\nreturn State(totals={**state.totals, key: total})`,
            doc: `Add the event's ${fold.value.replaceAll("_", " ")} to the total${per}.`,
            checks: [`_expect(list(second.totals.values()) == [2 * ${value}], "the total is wrong")`],
            restore: restore_many,
          }
        : {
            state: [`    total: ${type} = ${zero(type)}`],
            body: `return State(total=state.total + ${value})`,
            doc: `Add the event's ${fold.value.replaceAll("_", " ")} to the total.`,
            checks: [`_expect(second.total == 2 * ${value}, "the total is wrong")`],
            restore: restore_one,
          };
    }
    case "minimum":
    case "maximum": {
      const type = typeOf(fold.value);
      const value = `event.${identifier(fold.value)}`;
      const pick = fold.kind === "minimum" ? "min" : "max";
      return keyed
        ? {
            state: [`    ${fold.kind}s: dict[str, ${type}] = field(default_factory=dict)`],
            body: `key = ${key}\nbest = ${pick}(state.${fold.kind}s.get(key, ${value}), ${value})\nreturn State(${fold.kind}s={**state.${fold.kind}s, key: best})`,
            doc: `Keep the ${fold.kind} ${fold.value.replaceAll("_", " ")}${per}.`,
            checks: [`_expect(list(second.${fold.kind}s.values()) == [${value}], "the ${fold.kind} is wrong")`],
            restore:
              type === "Decimal"
                ? `State(${fold.kind}s={key: Decimal(one) for key, one in saved["${fold.kind}s"].items()})`
                : "State(**saved)",
          }
        : {
            state: [`    ${fold.kind}: ${type} | None = None`],
            body: `best = ${value} if state.${fold.kind} is None else ${pick}(state.${fold.kind}, ${value})\nreturn State(${fold.kind}=best)`,
            doc: `Keep the ${fold.kind} ${fold.value.replaceAll("_", " ")}.`,
            checks: [`_expect(second.${fold.kind} == ${value}, "the ${fold.kind} is wrong")`],
            restore: "State(**saved)",
          };
    }
    case "members":
      return membersShape(fold, keyed ? key : undefined, per);
    case "latest": {
      const guards = [
        ...(fold.newer === undefined ? [] : [olderGuard(fold.newer, typeOf(fold.newer))]),
        ...(fold.final === undefined
          ? []
          : [`if state.latest.get(key, {}).get(${literal(identifier(fold.final.field))}) in FINAL:\n    return state`]),
      ];
      return {
        state: ["    latest: dict[str, dict[str, Any]] = field(default_factory=dict)"],
        body: `key = ${key}\n${guards.map((one) => `${one}\n`).join("")}given = {name: value for name, value in asdict(event).items() if value is not None}\nreturn State(latest={**state.latest, key: {**state.latest.get(key, {}), **given}})`,
        doc: `Keep the latest values${per}; neither argument is changed.`,
        checks: ['_expect(len(second.latest) == 1, "the same key was kept twice")'],
        restore: "State(**saved)",
      };
    }
    case "collect":
      return keyed
        ? {
            state: ["    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)"],
            body: `key = ${key}\nkept = [*state.events.get(key, []), asdict(event)]\nreturn State(events={**state.events, key: kept})`,
            doc: `Keep every event${per}; neither argument is changed.`,
            checks: ['_expect([len(kept) for kept in second.events.values()] == [2], "an event was lost")'],
            restore: "State(**saved)",
          }
        : {
            state: ["    events: tuple[dict[str, Any], ...] = ()"],
            body: "return State(events=(*state.events, asdict(event)))",
            doc: "Keep every event; neither argument is changed.",
            checks: ['_expect(len(second.events) == 2, "an event was lost")'],
            restore: 'State(events=tuple(saved["events"]))',
          };
    case "transitions": {
      const value = `event.${identifier(fold.field)}`;
      const targets = new Set(fold.moves.map(([, to]) => to));
      const first = fold.moves.find(([from]) => !targets.has(from))?.[0] ?? fold.moves[0]?.[0] ?? "";
      const complaint = `raise InvalidInputError(f"{before} cannot become {${value}}.")`;
      const next = fold.moves.find(([from]) => from === first)?.[1] ?? first;
      const event = (nth: string): string => `replace(event, ${identifier(fold.field)}=${literal(nth)})`;
      return keyed
        ? {
            state: ["    statuses: dict[str, str] = field(default_factory=dict)"],
            body: `key = ${key}\nbefore = state.statuses.get(key)\nif before is None and ${value} != ${literal(first)}:\n    raise InvalidInputError(f"The first status is ${first}, not {${value}}.")\nif before is not None and (before, ${value}) not in MOVES:\n    ${complaint}\nreturn State(statuses={**state.statuses, key: ${value}})`,
            doc: `Move to the next status${per}, if MOVES allows it.`,
            checks: [
              `moved = reduce(reduce(INITIAL_STATE, ${event(first)}), ${event(next)})`,
              `_expect(list(moved.statuses.values()) == [${literal(next)}], "an allowed move was refused")`,
            ],
            restore: "State(**saved)",
          }
        : {
            state: ["    status: str | None = None"],
            body: `before = state.status\nif before is None and ${value} != ${literal(first)}:\n    raise InvalidInputError(f"The first status is ${first}, not {${value}}.")\nif before is not None and (before, ${value}) not in MOVES:\n    ${complaint}\nreturn State(status=${value})`,
            doc: "Move to the next status, if MOVES allows it.",
            checks: [
              `moved = reduce(reduce(INITIAL_STATE, ${event(first)}), ${event(next)})`,
              `_expect(moved.status == ${literal(next)}, "an allowed move was refused")`,
            ],
            restore: "State(**saved)",
          };
    }
    case "cache": {
      const state = ["    entries: dict[str, Any] = field(default_factory=dict)"];
      if (fold.key === undefined && design.fields.length === 0)
        return {
          state,
          body: "return State(entries={**state.entries, **event.data})",
          doc: "Cache the values of `data` under their keys; neither argument is changed.",
          checks: ['_expect(second.entries == event.data, "an entry is missing")'],
          restore: "State(**saved)",
        };
      return {
        state,
        body: `key = ${keyOf(fold.key === undefined ? design.fields.slice(0, 1).map(({ name }) => name) : [fold.key])}\nreturn State(entries={**state.entries, key: asdict(event)})`,
        doc: "Cache the event under its key; neither argument is changed.",
        checks: ['_expect(list(second.entries.values()) == [asdict(event)], "an entry is missing")'],
        restore: "State(**saved)",
      };
    }
    default:
      return {
        state: ["    values: dict[str, Any] = field(default_factory=dict)"],
        body: "",
        doc: "",
        checks: [],
        restore: "State(**saved)",
      };
  }
}

/** Returns Python that ignores an event older than the kept one; a date that was saved as text is parsed first. */
function olderGuard(name: string, type: string): string {
  const own = identifier(name);
  const known = `known = state.latest.get(key, {}).get(${literal(own)})`;
  const again = /^date/.test(type) ? `if isinstance(known, str):\n    known = ${type}.fromisoformat(known)\n` : "";
  return `${known}\n${again}if known is not None and event.${own} is not None and event.${own} < known:\n    return state`;
}

/** Returns the shape that keeps several values, with one entry per group. */
function quantitiesShape(
  design: Design,
  { parts }: Extract<Design["fold"], { kind: "quantities" }>,
  key: string | undefined,
  per: string,
): Shape {
  const typeOf = (name: string): string => design.fields.find((field) => field.name === name)?.type ?? "Any";
  const zero = (type: string): string => (type === "Decimal" ? 'Decimal("0")' : type === "float" ? "0.0" : "0");
  const state: string[] = [];
  const lines: string[] = [];
  const values: string[] = [];
  const decimals: string[] = [];
  const checks: string[] = [];
  const of = key === undefined ? "second.entry" : "next(iter(second.entries.values()))";
  for (const part of parts) {
    const { kind, name } = part;
    const type = part.value === "" ? "int" : typeOf(part.value);
    const value = `event.${identifier(part.value)}`;
    const own = identifier(name);
    if (type === "Decimal") decimals.push(name);
    const only = part.only === undefined ? undefined : `event.${identifier(part.only.field)} == ${literal(part.only.value)}`;
    switch (kind) {
      case "count":
        state.push(`    ${own}: int = 0`);
        values.push(`${own}=entry.${own} + ${only === undefined ? "1" : `(1 if ${only} else 0)`}`);
        if (only === undefined) checks.push(`_expect(${of}.${own} == 2, "${name} is wrong")`);
        break;
      case "sum": {
        state.push(`    ${own}: ${type} = ${zero(type)}`);
        if (part.signs === undefined) {
          values.push(`${own}=entry.${own} + ${value}`);
          checks.push(`_expect(${of}.${own} == 2 * ${value}, "${name} is wrong")`);
          break;
        }
        const { field, plus, minus } = part.signs;
        const sign = `event.${identifier(field)}`;
        lines.push(
          `if ${sign} not in SIGNS:\n    raise InvalidInputError(f"${field} must be one of {', '.join(SIGNS)}, not {${sign}!r}.")`,
        );
        const next = `entry.${own} + SIGNS[${sign}] * ${value}`;
        if (part.floor !== undefined) {
          const complaint = `raise InvalidInputError(f"Cannot subtract {${value}}: the result would be negative.")`;
          lines.push(`level = ${next}\nif level < 0:\n    ${part.floor === "ignore" ? "return state" : complaint}`);
        }
        values.push(`${own}=${part.floor === undefined ? next : "level"}`);
        const [up = "", down = ""] = [plus[0], minus[0]];
        checks.push(
          `up, down = (replace(event, ${identifier(field)}=one) for one in (${literal(up)}, ${literal(down)}))`,
          "level = reduce(reduce(INITIAL_STATE, up), down)",
          `_expect(${of.replace("second", "level")}.${own} == 0, "${name} is wrong")`,
        );
        break;
      }
      case "average": {
        const kept = type === "int" ? "float" : type;
        state.push(
          `    ${own}: ${kept} | None = None`,
          `    ${own}_total: ${type} = ${zero(type)}`,
          `    ${own}_count: int = 0`,
        );
        if (type === "Decimal") decimals.push(`${name}_total`);
        lines.push(`${own}_total = entry.${own}_total + ${value}`);
        values.push(
          `${own}=${own}_total / (entry.${own}_count + 1)`,
          `${own}_total=${own}_total`,
          `${own}_count=entry.${own}_count + 1`,
        );
        checks.push(`_expect(${of}.${own} == ${value}, "${name} is wrong")`);
        break;
      }
      case "minimum":
      case "maximum": {
        state.push(`    ${own}: ${type} | None = None`);
        const pick = kind === "minimum" ? "min" : "max";
        values.push(`${own}=${value} if entry.${own} is None else ${pick}(entry.${own}, ${value})`);
        checks.push(`_expect(${of}.${own} == ${value}, "${name} is wrong")`);
        break;
      }
      default:
        state.push(`    ${own}: ${type} | None = None`);
        values.push(kind === "latest" ? `${own}=${value}` : `${own}=${value} if entry.${own} is None else entry.${own}`);
        checks.push(`_expect(${of}.${own} == ${value}, "${name} is wrong")`);
    }
  }
  const kept = parts.map(({ name }) => name.replaceAll("_", " ")).join(", ");
  const change = [...lines, `changed = Entry(\n${values.map((one) => `    ${one},`).join("\n")}\n)`].join("\n");
  const body =
    key === undefined
      ? `entry = state.entry\n${change}\nreturn State(entry=changed)`
      : `key = ${key}\nentry = state.entries.get(key, Entry())\n${change}\nreturn State(entries={**state.entries, key: changed})`;
  const entry = `@dataclass(frozen=True)\nclass Entry:\n    """The values kept${per === "" ? "" : " for each group"}."""\n\n${state.join("\n")}`;
  const back = (one: string): string =>
    decimals.length === 0
      ? `Entry(**${one})`
      : `Entry(\n        **{\n            name: Decimal(value) if name in ${tuple(decimals)} and value is not None else value\n            for name, value in ${one}.items()\n        }\n    )`;
  return {
    before: entry,
    signs: parts.flatMap(({ signs }) => (signs === undefined ? [] : [signs]))[0],
    state: [key === undefined ? "    entry: Entry = Entry()" : "    entries: dict[str, Entry] = field(default_factory=dict)"],
    body,
    doc: `Keep ${kept}${per}; neither argument is changed.`,
    checks,
    restore:
      key === undefined
        ? `State(entry=${back('saved["entry"]')})`
        : `State(\n    entries={key: ${back("one")} for key, one in saved["entries"].items()}\n)`,
  };
}
