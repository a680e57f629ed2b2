import type { Design, Emitted, OpenPoint } from "./design.ts";
import { emitErrors, emitInput, emitOutput } from "./emit-models.ts";
import { emitAttempts, emitConstants, emitLife, emitReady, openMethod } from "./emit-node.ts";
import { emitMemoryStore, emitPort } from "./emit-port.ts";
import { call, docText, indent, keyword, literal, wrap } from "./python.ts";
import { emitCheck, expectRaises, retryCheck } from "./self-check.ts";
import { identifier } from "./words.ts";

/** The whole module of an orchestrator: ordered steps, undone in reverse when a later one fails. */
export function emitOrchestrator(design: Design): Emitted {
  const { name, class_name, steps, fields, outputs } = design;
  const model = `Model${name}Input`;
  const open_points: OpenPoint[] = [
    ...design.open_points,
    { method: "default_store", what: "The contract does not say which services carry the steps out." },
  ];
  if (steps.length === 0) open_points.push({ method: "", what: "The contract names no steps: STEPS is empty." });
  const unnamed = steps.filter(({ is_named }) => !is_named).map((step) => step.name);
  if (unnamed.length > 0)
    open_points.push({
      method: "",
      what: `The contract names no compensation for ${unnamed.join(", ")}: an undo_ operation is sent.`,
    });
  const table = `# Each step, and what undoes it.\nSTEPS: tuple[tuple[str, str], ...] = (${steps.length === 0 ? "" : `\n${steps.map((step) => `    (${literal(step.name)}, ${literal(step.compensation)}),`).join("\n")}\n`})`;
  const errors = `${emitErrors(design, { store: true, open: true })}

class StepError(${name}Error):
    """A step failed; what was done before it has been undone, but for what \`not_undone\` names."""

    def __init__(self, step: str, not_undone: list[str]) -> None:
        super().__init__(f"{step} failed" + (f"; not undone: {not_undone}" if not_undone else ""))
        self.step = step
        self.not_undone = not_undone`.replace("\n\nclass StepError", "\n\n\nclass StepError");
  const payload =
    fields.length === 0
      ? "dict(request.data)"
      : "{name: value for name, value in asdict(request).items() if value is not None}";
  const reserved = new Set(["execute", "initialize", "shutdown", "default_store"]);
  const names = [...new Set(steps.flatMap((step) => [step.name, step.compensation]))];
  const methodOf = (step: string): string => (reserved.has(step) ? `${step}_step` : identifier(step));
  const methods = names.map((step) => {
    const title = `${step.charAt(0).toUpperCase()}${step.slice(1)}`.replaceAll("_", " ");
    return `async def ${methodOf(step)}(self, request: ${model}) -> dict[str, Any]:\n    """${title}."""\n    return await self._send(${literal(step)}, request)`;
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
      : 'def _named(results: dict[str, dict[str, Any]], name: str) -> Any:\n    """The last answer that has this name."""\n    return next((one[name] for one in reversed(list(results.values())) if name in one), None)';
  const execute = `async def execute(self, request: ${model}) -> Model${name}Output:
    """Take the steps in order; when one fails, undo those before it in reverse."""
    self._ready_store()
    completed: list[str] = []
    results: dict[str, dict[str, Any]] = {}
    for step, _ in STEPS:
        try:
            results[step] = await getattr(self, step)(request)
        except Exception as error:
            raise StepError(step, await self._undo(completed, request)) from error
        completed.append(step)
${indent(built)}`;
  const undo = `async def _undo(self, completed: list[str], request: ${model}) -> list[str]:
    """Undo in reverse; a compensation that fails keeps no other from being tried."""
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
  const open = openMethod("default_store", "self) -> Store", "The contract does not say which services carry the steps out.");
  const doc = wrap(docText(design.contract), 92);
  const head = doc.length === 1 && (doc[0]?.length ?? 0) < 86 ? `    """${doc[0]}"""` : `    """${doc.join("\n    ")}\n    """`;
  const parts = [
    ...emitLife(design, undefined, true),
    execute,
    ...methods,
    open,
    undo,
    send,
    emitAttempts(design),
    emitReady(design, true),
  ];
  const sections = [
    [...emitConstants(design), table].join("\n"),
    errors,
    emitInput(design),
    emitOutput(design, "The steps that were taken, and what each answered.", [
      "    completed: list[str]",
      "    results: dict[str, dict[str, Any]]",
    ]),
    emitPort(design, "messages"),
    emitMemoryStore(design, "messages"),
    named,
    `class ${class_name}:\n${head}\n\n${indent(parts.join("\n\n"))}`,
    check(design, open_points),
  ];
  return { sections, open_points };
}

function check(design: Design, open_points: readonly OpenPoint[]): string {
  const { name, class_name, fields, steps, retry } = design;
  const args = fields.length === 0 ? ['data={"sample": 1}'] : fields.map((field) => keyword(field));
  const sleeping = retry === undefined ? "" : ", sleep=nap";
  const lines = [
    call(`Model${name}Input`, args, 4, "request = "),
    "steps = [step for step, _ in STEPS]",
    "store = MemoryStore()",
    `node = ${class_name}(store=store)`,
  ];
  lines.push(
    expectRaises("NodeStateError", "node.execute(request)", "execute has to wait for initialize"),
    "await node.initialize()",
  );
  lines.push("result = await node.execute(request)", '_expect(result.completed == steps, "a step was left out")');
  lines.push('_expect([one for one, _ in store.sent] == steps, "the steps came in another order")');
  if (retry !== undefined) lines.push(...retryCheck(class_name));
  if (steps.length > 0) {
    lines.push("for at, failing in enumerate(steps):");
    lines.push(
      "    store = MemoryStore(failing=[failing])",
      `    broken = ${class_name}(store=store${sleeping})`,
      "    await broken.initialize()",
    );
    lines.push(indent(expectRaises("StepError", "broken.execute(request)", "a step's failure was hidden")));
    lines.push("    undone = [one for one, _ in store.sent if one not in steps]");
    lines.push("    expected = [undo for _, undo in reversed(STEPS[:at]) if undo not in steps]");
    lines.push('    _expect(undone == expected, f"after {failing} the wrong steps were undone")');
  }
  lines.push(expectRaises("OpenPointError", `${class_name}().initialize()`, "the services are open and have to be asked for"));
  lines.push(
    "await node.shutdown()",
    expectRaises("NodeStateError", "node.execute(request)", "execute went on after shutdown"),
  );
  return emitCheck(class_name, "Take the steps, and let each of them fail once.", lines, open_points);
}
