import type { Pattern } from "./pattern.ts";

/** Patterns for ONEX: the architecture, and each of the four kinds of node. */
export const onex_patterns: readonly Pattern[] = [
  {
    name: "onex-architecture",
    summary: "A system is a graph of small nodes of four kinds. The kind determines what a node may do.",
    rules: [
      "Effect nodes talk to the outside world: databases, files, networks, clocks. No other node does.",
      "Compute nodes turn inputs into outputs. Equal inputs always give equal outputs.",
      "Reducer nodes fold events into state. The current state and an event give the next state.",
      "Orchestrator nodes decide which node runs when, and contain no business rules.",
      "A node has one public method, `process`, which takes one input model and returns one output model.",
      "Input and output models are immutable and validated on entry; a contract names and versions them.",
      "A node receives its dependencies as ports when it is constructed; it never looks them up.",
      "Effects depend on no other node; computes and reducers depend only on models; orchestrators depend on nodes.",
      "Names include the kind: NodeUserStoreEffect, NodePriceCompute, NodeOrderReducer, NodeCheckoutOrchestrator.",
    ],
    avoid: [
      "Reading the clock, the environment or a random number in a compute or reducer node.",
      "A node that does two kinds of work: split it, and let an orchestrator join the parts.",
      "Passing dictionaries between nodes where a model would document their contents.",
    ],
  },
  {
    name: "onex-effect-node",
    summary: "Performs one kind of side effect behind a narrow port, and turns errors into named failures.",
    rules: [
      "Take the client (connection, session, file system) as a constructor argument, typed as a protocol.",
      "Give every call a timeout, and release resources even if it fails.",
      "Make repeated calls harmless: use an idempotency key, an upsert, or a write to a temporary file and a rename.",
      "Translate library errors into the node's own: not found, conflict, unavailable, invalid. Keep the cause.",
      "Retry only transient failures of calls that are safe to repeat, with a limit, backoff and jitter.",
      "Pass values as parameters; never concatenate them into a query or a command.",
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
    summary: "A named pure function: it takes a validated input, returns a new output and touches nothing else.",
    rules: [
      "Use no I/O, clock, randomness or global state; pass such values as fields of the input.",
      "Never change the input: build a new output.",
      "First check what types cannot express (ranges, units, order), and raise an error that names the field.",
      "Use exact types where exactness matters: Decimal for money, aware datetimes for times.",
      "Define the order of results, so that equal inputs give equal bytes.",
      "Test properties that always hold, beside examples: empty, one, many, extremes.",
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
      "Handle each event type in one place, exhaustively; an unknown type is an error and never ignored.",
      "Applying an event twice must have the same effect as once: remember ids or sequence numbers.",
      "Define how to handle events that arrive out of order: reject, buffer, or sort by sequence.",
      "Keep the allowed transitions in a table; reject any other with an error that names both states.",
      "State is plain data that survives a round trip through JSON.",
    ],
    avoid: ["Side effects while folding.", "Taking the time from the clock, not the event.", "State that grows without bound."],
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
    summary: "Runs other nodes in sequence or in parallel, and handles timeouts, failures and compensation.",
    rules: [
      "Take the nodes as constructor arguments; decide only order, concurrency and failure handling.",
      "Run independent steps in parallel, under one concurrency limit and one overall timeout.",
      "Give every step an id and record its start and end, so that an interrupted run can resume.",
      "Define a compensation for each step with an effect; after a failure, undo completed steps in reverse order.",
      "When success is no longer possible, cancel the running steps and wait until they have ended.",
      "Return the outcome of each step, even on partial success; never hide a failed step.",
    ],
    avoid: ["Business rules in the orchestrator.", "Unlimited fan-out.", "Retrying the whole flow because one step failed."],
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
