import type { Design } from "./design.ts";
import { literal } from "./python.ts";
import { identifier } from "./words.ts";

/** A fold in Python: what the state holds, and how an event changes it. */
export interface Shape {
  /** Lines of the state's dataclass. */
  state: readonly string[];
  /** The body of `reduce`. */
  body: string;
  doc: string;
  /** Lines that check two events, `first` and `second`, both like the sample. */
  checks: readonly string[];
  /** What turns saved JSON into the state again. */
  restore: string;
}

/** The expression of an event's group. */
function keyOf(by: readonly string[]): string {
  const [only, ...more] = by;
  return only !== undefined && more.length === 0
    ? `str(event.${identifier(only)})`
    : `":".join(str(part) for part in (${by.map((one) => `event.${identifier(one)}`).join(", ")}))`;
}

export function shapeOf(design: Design): Shape {
  const { fold } = design;
  const typeOf = (name: string): string => design.fields.find((field) => field.name === name)?.type ?? "Any";
  const zero = (type: string): string => (type === "Decimal" ? 'Decimal("0")' : type === "float" ? "0.0" : "0");
  const keyed = "by" in fold && fold.by.length > 0;
  const key = "by" in fold && keyed ? keyOf(fold.by) : "";
  const by = "by" in fold ? fold.by.map((one) => one.replaceAll("_", " ")).join(" and ") : "";
  const per = keyed ? ` per ${by}` : "";
  switch (fold.kind) {
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
    case "average": {
      const type = typeOf(fold.value);
      const value = `event.${identifier(fold.value)}`;
      const many = [
        `    totals: dict[str, ${type}] = field(default_factory=dict)`,
        "    counts: dict[str, int] = field(default_factory=dict)",
        "",
        "    @property",
        `    def averages(self) -> dict[str, ${type === "int" ? "float" : type}]:`,
        '        """The average of each group."""',
        "        return {key: total / self.counts[key] for key, total in self.totals.items()}",
      ];
      const one = [
        `    total: ${type} = ${zero(type)}`,
        "    count: int = 0",
        "",
        "    @property",
        `    def average(self) -> ${type === "int" ? "float" : type} | None:`,
        '        """The average, or None before the first event."""',
        "        return self.total / self.count if self.count else None",
      ];
      const restore_many =
        type === "Decimal"
          ? 'State(\n    totals={key: Decimal(one) for key, one in saved["totals"].items()}, counts=saved["counts"]\n)'
          : "State(**saved)";
      return keyed
        ? {
            state: many,
            body: `key = ${key}\ntotal = state.totals.get(key, ${zero(type)}) + ${value}\ncount = state.counts.get(key, 0) + 1\nreturn State(\n    totals={**state.totals, key: total}, counts={**state.counts, key: count}\n)`,
            doc: `Take the event's ${fold.value.replaceAll("_", " ")} into the average${per}.`,
            checks: [`_expect(list(second.averages.values()) == [${value}], "the average is wrong")`],
            restore: restore_many,
          }
        : {
            state: one,
            body: `return State(total=state.total + ${value}, count=state.count + 1)`,
            doc: `Take the event's ${fold.value.replaceAll("_", " ")} into the average.`,
            checks: [`_expect(second.average == ${value}, "the average is wrong")`],
            restore: type === "Decimal" ? 'State(total=Decimal(saved["total"]), count=saved["count"])' : "State(**saved)",
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
    case "latest":
      return {
        state: ["    latest: dict[str, dict[str, Any]] = field(default_factory=dict)"],
        body: `key = ${key}\ngiven = {name: value for name, value in asdict(event).items() if value is not None}\nreturn State(latest={**state.latest, key: {**state.latest.get(key, {}), **given}})`,
        doc: `Keep the latest values${per}; neither argument is changed.`,
        checks: ['_expect(len(second.latest) == 1, "the same key was kept twice")'],
        restore: "State(**saved)",
      };
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
            doc: `Move on the status${per}, as far as MOVES allows it.`,
            checks: [
              `moved = reduce(reduce(INITIAL_STATE, ${event(first)}), ${event(next)})`,
              `_expect(list(moved.statuses.values()) == [${literal(next)}], "an allowed move was refused")`,
            ],
            restore: "State(**saved)",
          }
        : {
            state: ["    status: str | None = None"],
            body: `before = state.status\nif before is None and ${value} != ${literal(first)}:\n    raise InvalidInputError(f"The first status is ${first}, not {${value}}.")\nif before is not None and (before, ${value}) not in MOVES:\n    ${complaint}\nreturn State(status=${value})`,
            doc: "Move the status on, as far as MOVES allows it.",
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
          doc: "Cache the values of `data` by their keys; neither argument is changed.",
          checks: ['_expect(second.entries == event.data, "an entry is missing")'],
          restore: "State(**saved)",
        };
      return {
        state,
        body: `key = ${keyOf(fold.key === undefined ? design.fields.slice(0, 1).map(({ name }) => name) : [fold.key])}\nreturn State(entries={**state.entries, key: asdict(event)})`,
        doc: "Cache the event by its key; neither argument is changed.",
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
