/** Contracts of many domains, and what must be read from each. */
export interface Expectation {
  text: string;
  /** `name: type`, with `?` after an optional field. */
  fields: readonly string[];
  operations?: readonly string[];
  outputs?: readonly string[];
}

export const contracts: readonly Expectation[] = [
  { text: "Effect node that writes user data to PostgreSQL users table", fields: [], operations: ["write"] },
  { text: "Effect node that updates order status in PostgreSQL orders table", fields: ["status: str"], operations: ["update"] },
  {
    text: "Effect node for authentication with proper token validation and error handling",
    fields: ["token: str"],
    operations: ["authenticate"],
  },
  {
    text: "Effect node that creates a shipment with a sender address, a recipient address and a weight in kg, and stores it in the PostgreSQL shipments table. Retries up to 3 times with exponential backoff.",
    fields: ["sender_address: str", "recipient_address: str", "weight: float"],
    operations: ["create"],
  },
  {
    text: "Effect node that creates, reads, updates and deletes patients with id, name, date of birth and a list of allergies in PostgreSQL patients table in a transaction",
    fields: ["id: str", "name: str", "date_of_birth: date", "allergies: list[str]"],
    operations: ["create", "read", "update", "delete"],
  },
  {
    text: "Effect node that sends an email with subject and body to a recipient via HTTP API, retrying 5 times",
    fields: ["subject: str", "body: str", "recipient: str"],
    operations: ["send"],
  },
  {
    text: "Effect node that caches user sessions in Redis by session id with a TTL of 30 minutes",
    fields: ["session_id: str"],
    operations: ["cache"],
  },
  {
    text: "Effect node that records a payment with payment id, amount in USD, currency, and status (pending, succeeded or failed) in PostgreSQL payments table within a transaction",
    fields: ["payment_id: str", "amount: Decimal", "currency: str", "status: str"],
    operations: ["record"],
  },
  {
    text: "Effect node that creates a charge. Fields: amount (integer, in cents), currency, source, description (optional), metadata (optional object). Returns: charge id, status.",
    fields: ["amount: int", "currency: str", "source: str", "description: str?", "metadata: dict[str, Any]?"],
    operations: ["create"],
    outputs: ["charge_id: str", "status: str"],
  },
  {
    text: "Effect node that stores device telemetry (device id, temperature, humidity, battery level, recorded at) in PostgreSQL telemetry table",
    fields: ["device_id: str", "temperature: float", "humidity: float", "battery_level: float", "recorded_at: datetime"],
  },
  {
    text: "Effect node that lists invoices by customer id with limit and offset in SQLite invoices table and returns the invoice number and total",
    fields: ["customer_id: str", "limit: int", "offset: int"],
    operations: ["list"],
    outputs: ["invoice_number: str", "total: Decimal"],
  },
  {
    text: "Effect node that creates an issue with title, body, assignees and labels through POST /repos/{owner}/{repo}/issues",
    fields: ["title: str", "body: str", "assignees: list[str]", "labels: list[str]", "owner: str", "repo: str"],
  },
  {
    text: "Effect node that schedules a calendar event with a title, start and end time, and a list of attendees",
    fields: ["title: str", "start_time: datetime", "end_time: datetime", "attendees: list[str]"],
  },
  {
    text: "Effect node to create, read, update and delete blog posts with post id, title, tags and whether it is published in SQLite posts table",
    fields: ["post_id: str", "title: str", "tags: list[str]", "is_published: bool"],
    operations: ["create", "read", "update", "delete"],
  },
  {
    text: "Effect node that appends audit log entries with actor, action, target and timestamp to audit.jsonl",
    fields: ["actor: str", "action: str", "target: str", "timestamp: datetime"],
    operations: ["append"],
  },
  {
    text: "Effect node that upserts a contact with email, first name, last name and company into PostgreSQL contacts table by email",
    fields: ["email: str", "first_name: str", "last_name: str", "company: str"],
    operations: ["upsert"],
  },
  {
    text: "Effect node that uploads a file to S3 with bucket, key and content type",
    fields: ["bucket: str", "key: str", "content_type: str"],
    operations: ["upload"],
  },
  {
    text: "Effect node that reads the current weather by latitude and longitude from https://api.weather.example/v1 and returns temperature in celsius and humidity",
    fields: ["latitude: float", "longitude: float"],
    outputs: ["temperature: float", "humidity: float"],
  },
  {
    text: "Effect node that cancels a booking by booking id in PostgreSQL bookings table",
    fields: ["booking_id: str"],
    operations: ["cancel"],
  },
  {
    text: "Effect node that adds, lists and removes items in a shopping cart by cart id, with sku, quantity and unit price, stored in Redis with TTL of 7 days",
    fields: ["cart_id: str", "sku: str", "quantity: int", "unit_price: Decimal"],
    operations: ["add", "list", "remove"],
  },
  {
    text: "Compute node that calculates the total price from quantity and unit price: total = quantity * unit_price",
    fields: ["quantity: int", "unit_price: Decimal"],
    outputs: ["total: Decimal"],
  },
  {
    text: "Compute node that calculates the average of a list of temperatures",
    fields: ["temperatures: list[float]"],
    outputs: ["average: float"],
  },
  {
    text: "Compute node that converts a temperature in celsius to fahrenheit",
    fields: ["temperature: float"],
    outputs: ["fahrenheit: float"],
  },
  { text: "Compute node that hashes a password with SHA-256", fields: ["password: str"], outputs: ["digest: str"] },
  {
    text: "Compute node that calculates shipping cost from weight in kg and distance in km",
    fields: ["weight: float", "distance: float"],
    outputs: ["shipping_cost: Decimal"],
  },
  { text: "Reducer node that implements Redis caching for API responses", fields: [] },
  { text: "Reducer node that sums order amounts per customer id", fields: ["customer_id: str", "order_amount: Decimal"] },
  { text: "Reducer node that counts page views per url", fields: ["url: str"] },
  {
    text: "Reducer node that maintains the average temperature per sensor id",
    fields: ["sensor_id: str", "temperature: float"],
  },
  {
    text: "Reducer node that keeps the latest location per vehicle id with latitude, longitude and timestamp",
    fields: ["vehicle_id: str", "latitude: float", "longitude: float", "timestamp: datetime"],
  },
  {
    text: "Reducer node that tracks order status: created -> paid -> shipped -> delivered per order id",
    fields: ["order_id: str", "status: str"],
  },
  {
    text: "Orchestrator node that places an order: reserve inventory, charge payment, and ship order; if a step fails, refund payment and release inventory",
    fields: [],
  },
  {
    text: "Orchestrator node that books a trip by booking the flight, reserving the hotel and charging the card, with compensation",
    fields: [],
  },
  {
    text: "Orchestrator node that transfers money with an amount and a currency by debiting the source account and crediting the destination account. Retries 2 times.",
    fields: ["amount: Decimal", "currency: str"],
  },
];
