import type { Pattern } from "./pattern.ts";

/** ONEX: small nodes of four kinds, each with a contract; and how each kind is built. */
export const onex_patterns: readonly Pattern[] = [
  {
    name: "onex-architecture",
    summary: "A system is a graph of small nodes of four kinds. What a node may do follows from its kind.",
    rules: [
      "Effect nodes talk to the world: databases, files, networks, clocks. Nothing else does.",
      "Compute nodes turn inputs into outputs. The same input gives the same output, always.",
      "Reducer nodes fold events into state. The state so far and an event give the next state.",
      "Orchestrator nodes decide which node runs when, and hold no business rule of their own.",
      "A node has one public method, `process`, which takes one input model and returns one output model.",
      "Input and output models are immutable and validated where they enter; a contract names and versions them.",
      "Dependencies are handed to a node when it is made, as ports; a node never looks them up.",
      "Effects depend on nothing inside; computes and reducers depend on models only; orchestrators depend on nodes.",
      "Names say the kind: NodeUserStoreEffect, NodePriceCompute, NodeOrderReducer, NodeCheckoutOrchestrator.",
    ],
    avoid: [
      "Reading the clock, the environment or a random number in a compute or reducer node.",
      "A node that does two kinds of work: split it, and let an orchestrator join the parts.",
      "Passing dictionaries between nodes where a model would say what is in them.",
    ],
  },
  {
    name: "onex-effect-node",
    summary: "Performs one kind of side effect behind a narrow port, and turns what goes wrong into named failures.",
    rules: [
      "Take the client (connection, session, file system) as a constructor argument, typed as a protocol.",
      "Give every call a time limit, and release what was opened, also when it fails.",
      "Make a repeated call harmless: an idempotency key, an upsert, a write to a new name and a rename.",
      "Translate errors of the library into the node's own: not found, conflict, unavailable, invalid. Keep the cause.",
      "Retry only what is safe to repeat and may pass: with a limit, a growing pause and some chance in it.",
      "Pass values as parameters, never as text put together into a query or a command.",
    ],
    avoid: ["Business decisions in the effect.", "Catching everything and returning None.", "Secrets in messages or logs."],
    example: `class NodeUserStoreEffect:
    def __init__(self, connect: Callable[[], AsyncContextManager[Connection]], timeout_seconds: float = 5.0) -> None:
        self._connect = connect
        self._timeout = timeout_seconds

    async def process(self, request: SaveUser) -> SavedUser:
        async with asyncio.timeout(self._timeout), self._connect() as connection:
            try:
                row = await connection.fetchrow(UPSERT_USER, request.user_id, request.email)
            except UniqueViolation as error:
                raise UserConflict(request.email) from error
        return SavedUser(user_id=row["user_id"], created=row["created"])`,
  },
  {
    name: "onex-compute-node",
    summary: "A pure function with a name: validated input in, new output out, nothing else touched.",
    rules: [
      "No input or output, no clock, no randomness, no global state; hand such values in as fields of the input.",
      "Never change the input: build a new output.",
      "Check what the types cannot say (ranges, units, order) first, and raise an error that names the field.",
      "Use exact types where exactness matters: Decimal for money, aware datetimes for times.",
      "State the order of results, so that equal inputs give equal bytes.",
      "Test by properties (what always holds) beside examples: empty, one, many, extremes.",
    ],
    avoid: ["Caches that outlive the call.", "Logging as a way to return information.", "Floating point for money."],
    example: `class NodeInvoiceTotalCompute:
    def process(self, request: InvoiceLines) -> InvoiceTotal:
        net = sum((line.price * line.quantity for line in request.lines), Decimal(0))
        tax = (net * request.tax_rate).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
        return InvoiceTotal(net=net, tax=tax, gross=net + tax)`,
  },
  {
    name: "onex-reducer-node",
    summary: "Folds a stream of events into state, one at a time, so that the state can be rebuilt by replaying them.",
    rules: [
      "`process(state, event)` returns the next state; both are immutable, and the state has a version.",
      "Handle each event type in one place, exhaustively; an unknown type is an error, not a shrug.",
      "Applying the same event twice must be the same as once: remember ids or sequence numbers.",
      "Say what happens to events out of order: refuse, hold back, or order by sequence.",
      "Allowed transitions stand in a table, and whatever is not in it is refused with both states named.",
      "State is data only: it can be written as JSON and read again.",
    ],
    avoid: ["Effects while folding.", "Taking the time from the clock instead of the event.", "State that grows for ever."],
    example: `class NodeOrderReducer:
    def process(self, state: OrderState, event: OrderEvent) -> OrderState:
        if event.sequence <= state.sequence:
            return state
        allowed = TRANSITIONS.get((state.status, type(event)))
        if allowed is None:
            raise TransitionRefused(state.status, type(event).__name__)
        return replace(state, status=allowed, sequence=event.sequence)`,
  },
  {
    name: "onex-orchestrator-node",
    summary: "Runs other nodes in order or side by side and answers for the whole: time limits, failures, compensation.",
    rules: [
      "Take the nodes as constructor arguments; decide only order, concurrency and what a failure means.",
      "Run what is independent together, under one limit of concurrency and one time limit for all.",
      "Give every step an id and record its start and end, so that a run can go on where it stopped.",
      "For each step with an effect name what undoes it; after a failure undo in reverse order.",
      "Cancel what still runs when the result can no longer succeed, and wait until it has ended.",
      "Return what each step came to, also for partial success; never hide a failed step.",
    ],
    avoid: ["Business rules in the orchestrator.", "Unlimited fan-out.", "Retrying a whole flow where one step failed."],
    example: `class NodeCheckoutOrchestrator:
    async def process(self, request: Checkout) -> CheckoutResult:
        done: list[Compensation] = []
        try:
            async with asyncio.timeout(self._timeout):
                stock = await self._reserve.process(request.items)
                done.append(lambda: self._release.process(stock))
                payment = await self._pay.process(Payment(request.order_id, stock.total))
        except Exception:
            for undo in reversed(done):
                await undo()
            raise
        return CheckoutResult(order_id=request.order_id, payment=payment)`,
  },
];
