import type { Design, Emitted, OpenPoint, Step } from "./design.ts";
import { emitDriver } from "./emit-drivers.ts";
import { emitErrors, emitInput, emitOutput } from "./emit-models.ts";
import { emitAttempt, emitConstants, emitLifecycle, emitReadyCheck, openMethod } from "./emit-node.ts";
import { emitMemoryStore, emitPort } from "./emit-port.ts";
import { call, docText, indent, keyword, literal, wrap } from "./python.ts";
import { emitCheck, expectRaises } from "./self-check.ts";
import { identifier } from "./words.ts";

const reserved = new Set(["execute", "initialize", "shutdown", "take_steps"]);
const methodOf = (step: string): string => (reserved.has(step) ? `${step}_step` : identifier(step));

/** Writes the module of an Orchestrator: ordered steps, undone in reverse if a later one fails. */
export function emitOrchestrator(given: Design): Emitted {
  const steps = given.steps.map(
    (step): Step => ({ ...step, name: methodOf(step.name), compensation: methodOf(step.compensation) }),
  );
  const design = { ...given, steps };
  const { name, class_name, fields, outputs } = design;
  const model = `Model${name}Input`;
  // A service named by the contract carries out the steps; otherwise each step is open.
  const driver = emitDriver(design, "messages");
  const names = [...new Set(steps.flatMap((step) => [step.name, step.compensation]))];
  const open_points: OpenPoint[] = [...design.open_points];
  if (steps.length === 0) open_points.push({ method: "take_steps", what: "The contract names no steps." });
  const unnamed = new Set(steps.filter(({ is_named }) => !is_named).map(({ compensation }) => compensation));
  if (driver === undefined)
    for (const step of names) {
      const words = step.replaceAll("_", " ");
      const what = unnamed.has(step)
        ? `The contract does not say how to ${words.replace(/^undo /, "undo the step ")}.`
        : `The contract does not say which service can ${words}.`;
      open_points.push({ method: step, what });
    }
  const table = `# Each step and its compensation.\nSTEPS: tuple[tuple[str, str], ...] = (${steps.length === 0 ? "" : `\n${steps.map((step) => `    (${literal(step.name)}, ${literal(step.compensation)}),`).join("\n")}\n`})`;
  const has_attempts = driver !== undefined || design.retry !== undefined || design.timeout_seconds !== undefined;
  const errors = `${emitErrors(design, { store: has_attempts, open: open_points.some(({ method }) => method !== "") })}


class StepError(${name}Error):
    """A step failed. The steps before it were undone, except those in \`not_undone\`."""

    def __init__(self, step: str, not_undone: list[str]) -> None:
        super().__init__(f"{step} failed" + (f"; not undone: {not_undone}" if not_undone else ""))
        self.step = step
        self.not_undone = not_undone`;
  const payload =
    fields.length === 0
      ? "dict(request.data)"
      : "{name: value for name, value in asdict(request).items() if value is not None}";
  const methods = names.map((step) => {
    const signature = `self, request: ${model}) -> dict[str, Any]`;
    const point = open_points.find(({ method }) => method === step);
    if (point !== undefined) return openMethod(step, signature, point.what, true);
    const title = `${step.charAt(0).toUpperCase()}${step.slice(1)}`.replaceAll("_", " ");
    return `async def ${step}(${signature}:\n    """${title}."""\n    return await self._send(${literal(step)}, request)`;
  });
  const built = call(
    `Model${name}Output`,
    [
      "completed=completed",
      "results=results",
      ...outputs
        .filter((one) => !/^(?:completed|results)$/.test(one.name))
        .map((one) => `${identifier(one.name)}=_named(results, ${literal(one.name)})`),
    ],
    8,
    "return ",
  );
  const named =
    outputs.length === 0
      ? ""
      : 'def _named(results: dict[str, dict[str, Any]], name: str) -> Any:\n    """Return the latest result with this name."""\n    return next((one[name] for one in reversed(list(results.values())) if name in one), None)';
  const ready = driver === undefined ? "self._require_ready()" : "self._ready_store()";
  const taken =
    driver === undefined && has_attempts
      ? "await self._attempt(lambda step=step: getattr(self, step)(request))"
      : "await getattr(self, step)(request)";
  const execute =
    steps.length === 0
      ? `async def execute(self, request: ${model}) -> Model${name}Output:
    """Run the steps, which the contract does not name."""
    ${ready}
    return await self.take_steps(request)`
      : `async def execute(self, request: ${model}) -> Model${name}Output:
    """Run the steps in order; if one fails, undo those before it in reverse."""
    ${ready}
    completed: list[str] = []
    results: dict[str, dict[str, Any]] = {}
    for step, _ in STEPS:
        try:
            results[step] = ${taken}
        except Exception as error:
            raise StepError(step, await self._take_back(completed, request)) from error
        completed.append(step)
${indent(built)}`;
  const take_steps =
    steps.length === 0
      ? openMethod("take_steps", `self, request: ${model}) -> Model${name}Output`, "The contract names no steps.", true)
      : "";
  const take_back =
    steps.length === 0
      ? ""
      : `async def _take_back(self, completed: list[str], request: ${model}) -> list[str]:
    """Undo steps in reverse; a failed compensation does not stop the others."""
    not_undone = []
    compensations = dict(STEPS)
    for step in reversed(completed):
        try:
            await getattr(self, compensations[step])(request)
        except Exception:
            not_undone.append(step)
    return not_undone`;
  const send = `async def _send(self, operation: str, request: ${model}) -> dict[str, Any]:
    store = self._ready_store()
    payload = ${payload}
    return await self._attempt(lambda: store.send(operation, payload))`;
  const doc = wrap(docText(design.contract), 92);
  const head = doc.length === 1 && (doc[0]?.length ?? 0) < 86 ? `    """${doc[0]}"""` : `    """${doc.join("\n    ")}\n    """`;
  const parts = [
    ...emitLifecycle(design, driver?.class_name, driver !== undefined),
    execute,
    take_steps,
    ...methods,
    take_back,
    driver === undefined || steps.length === 0 ? "" : send,
    has_attempts && (driver === undefined || steps.length > 0) ? emitAttempt(design) : "",
    emitReadyCheck(design, driver !== undefined),
  ];
  const sections = [
    [...emitConstants(design), table].join("\n"),
    errors,
    emitInput(design),
    emitOutput(design, "The completed steps and their results.", [
      "    completed: list[str]",
      "    results: dict[str, dict[str, Any]]",
    ]),
    ...(driver === undefined ? [] : [emitPort(design, "messages"), emitMemoryStore(design, "messages"), driver.text]),
    named,
    `class ${class_name}:\n${head}\n\n${indent(parts.filter((part) => part !== "").join("\n\n"))}`,
    check(design, open_points),
  ];
  return { sections, open_points };
}

/** Writes a self-check that replaces the steps by methods that only record the call, and lets each step fail once. */
function check(design: Design, open_points: readonly OpenPoint[]): string {
  const { name, class_name, fields, steps, retry } = design;
  const args = fields.length === 0 ? ['data={"sample": 1}'] : fields.map((field) => keyword(field));
  const lines = [call(`Model${name}Input`, args, 4, "request = "), `early = ${class_name}()`];
  lines.push(expectRaises("NodeStateError", "early.execute(request)", "execute ran before initialize"));
  const with_store = emitDriver(design, "messages") !== undefined;
  const store = with_store ? "store=MemoryStore()" : "";
  if (steps.length === 0) {
    lines.push(
      `node = ${class_name}(${store})`,
      "await node.initialize()",
      expectRaises("OpenPointError", "node.execute(request)", "take_steps must raise OpenPointError"),
    );
  } else {
    const sleeping = retry === undefined ? "" : `${store === "" ? "" : ", "}sleep=nap`;
    lines.push(
      "steps = [step for step, _ in STEPS]",
      "",
      "def noting(step: str) -> Any:",
      `    async def note(self: Any, request: Model${name}Input) -> dict[str, Any]:`,
      "        self.noted.append(step)",
      "        if step == self.failing:",
      '            raise RuntimeError(f"{step} was refused.")',
      "        return {}",
      "",
      "    return note",
      "",
      `class Rehearsal(${class_name}):`,
      '    """The node with steps that only record that they ran."""',
      "",
      '    failing = ""',
      "",
      "for step in {one for pair in STEPS for one in pair}:",
      "    setattr(Rehearsal, step, noting(step))",
      ...(retry === undefined ? [] : ["", "async def nap(_: float) -> None:", "    return None", ""]),
      `node: Any = Rehearsal(${store}${sleeping})`,
      "node.noted = []",
      "await node.initialize()",
      "result = await node.execute(request)",
      '_expect(result.completed == steps and node.noted == steps, "the steps ran in the wrong order")',
      "for at, failing in enumerate(steps):",
      `    broken: Any = Rehearsal(${store}${sleeping})`,
      "    broken.noted, broken.failing = [], failing",
      "    await broken.initialize()",
      indent(expectRaises("StepError", "broken.execute(request)", "a step's failure was hidden")),
      "    undone = [one for one in broken.noted if one not in steps]",
      "    expected = [undo for _, undo in reversed(STEPS[:at]) if undo not in steps]",
      '    _expect(undone == expected, f"after {failing} the wrong steps were undone")',
    );
    if (!with_store)
      lines.push(
        "await early.initialize()",
        expectRaises("StepError", "early.execute(request)", "an open step must raise an error"),
      );
  }
  lines.push("await node.shutdown()", expectRaises("NodeStateError", "node.execute(request)", "execute ran after shutdown"));
  return emitCheck(class_name, "Run the steps, and let each of them fail once.", lines, open_points);
}
