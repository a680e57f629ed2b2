import { describe, expect, test } from "vitest";
import type { Design, Field, NodeType } from "../../src/coder/design.ts";
import { readList } from "../../src/coder/field-lists.ts";
import { generate } from "../../src/coder/generate.ts";
import { readSteps } from "../../src/coder/steps.ts";
import { asksForTransaction, readRetry, readTtl } from "../../src/coder/store.ts";

const shown = ({ name, type, is_optional, choices, minimum, maximum, max_length, default_value }: Field): string =>
  [
    `${name}: ${type}${is_optional ? "?" : ""}`,
    ...(choices === undefined ? [] : [choices.join("/")]),
    ...(minimum === undefined ? [] : [`${minimum.is_exclusive ? ">" : ">="}${minimum.value}`]),
    ...(maximum === undefined ? [] : [`<=${maximum}`]),
    ...(max_length === undefined ? [] : [`#${max_length}`]),
    ...(default_value === undefined ? [] : [`=${default_value}`]),
  ].join(" ");

const designOf = (text: string, node_type: NodeType): Design =>
  generate({ text, name: "thing", node_type, known_fields: () => [] }).design;

describe("an enumeration gives fields with their descriptions", () => {
  test.each<[rule: string, text: string, fields: string[]]>([
    ["a type in apposition", "the size, a positive integer, and the colour", ["size: int >0", "colour: str"]],
    ["a type for all", "`to`, `from` and `body`, all strings", ["to: str", "from: str", "body: str"]],
    ["a type for each", "opening, closing, each a date and time", ["opening: datetime", "closing: datetime"]],
    ["a plural type that covers earlier items", "shelf, row and bin as strings", ["shelf: str", "row: str", "bin: str"]],
    ["but not to an id", "a device id, x and y as floats", ["device_id: str", "x: float", "y: float"]],
    ["a description after the last item", "a name and copies, the desired number, as an integer", ["name: str", "copies: int"]],
    [
      "optional before, after and as an aside",
      "an optional note, tags (optional) and, if known, the city",
      ["note: str?", "tags: list[str]?", "city: str?"],
    ],
    ["a default", "a language, which defaults to en", ["language: str? =en"]],
    ["allowed values", "a side, one of left, right or both, and a depth", ["side: str left/right/both", "depth: float"]],
    ["an open-ended list sets no allowed values", "a kind (A, B, ...)", ["kind: str"]],
    ["cents are whole", "the fee in cents", ["fee: int"]],
    ["a bound in a relative clause", "a stock count which must not be negative", ["stock_count: int >=0"]],
    [
      "bounds in a phrase",
      "a title of up to 80 characters and a rating from 1 to 5",
      ["title: str #80", "rating: int >=1 <=5"],
    ],
    ["a list with a type", "a list of check names (strings such as a or b)", ["check_names: list[str]"]],
    ["a flag", "a flag that says whether it is taxable", ["is_taxable: bool"]],
    ["an apposition is not a field", "user id, the ID of the user to ban, reason (text)", ["user_id: str", "reason: str"]],
    ["nor is an explanation", "raw (bool), get the text as it is", ["raw: bool"]],
    ["a possible field is optional", "a title and possibly a subtitle", ["title: str", "subtitle: str?"]],
    [
      "plurals that are single values",
      "rents, fees and tax (all three decimals)",
      ["rents: Decimal", "fees: Decimal", "tax: Decimal"],
    ],
    ["brackets that name the field", "a room (room id)", ["room_id: str"]],
    ["a rate keeps its unit", "the price per hour and valid until, a date", ["price_per_hour: Decimal", "valid_until: date"]],
    ["two modifiers share a noun", "start and end dates", ["start_date: date", "end_date: date"]],
    [
      "possessives and times",
      "the sender's email address and the time it was placed at",
      ["sender_email_address: str", "placed_at: datetime"],
    ],
  ])("%s: %s", (_, text, fields) => {
    expect(readList(text).map(shown)).toEqual(fields);
  });
});

describe("a sentence describes fields, wherever they are named", () => {
  test.each<[text: string, fields: string[]]>([
    ["Stores a mug in Redis. It takes a mug id and a size. Size must be positive.", ["mug_id: str", "size: int >0"]],
    ["Stores a mug in Redis. A mug has a mug id and a colour. The colour is optional.", ["mug_id: str", "colour: str?"]],
    ["Stores a mug in Redis. Mug id: a string of digits.", ["mug_id: str"]],
    ["Stores mugs in the PostgreSQL table mugs: a mug has a mug id and a size in ml.", ["mug_id: str", "size: float"]],
    ["Stores mugs in SQLite: glaze, tags and fired_at.", ["glaze: str", "tags: list[str]", "fired_at: datetime"]],
    [
      "Stores a mug in Redis. Fields:\n- mug id (uuid)\n- glaze: one of matt or glossy",
      ["mug_id: str", "glaze: str matt/glossy"],
    ],
    [
      "Stores a mug in Redis. Required are the mug id and the shelf; the row may be left out.",
      ["mug_id: str", "shelf: str", "row: str?"],
    ],
  ])("%s", (text, fields) => {
    expect(designOf(text, "Effect").fields.map(shown)).toEqual(fields);
  });
});

test("operations are read by name, and other verbs are not operations", () => {
  const { operations, keys } = designOf(
    "Mug labels, kept in Redis. put stores a label (a string) for a mug id; get returns it; wipe deletes it.",
    "Effect",
  );
  expect(operations.map(({ name, effect }) => [name, effect])).toEqual([
    ["put", "upsert"],
    ["get", "find"],
    ["wipe", "delete"],
  ]);
  expect(keys).toEqual(["mug_id"]);
});

test.each<[text: string, seconds: number]>([
  ["Entries expire after 15 minutes.", 900],
  ["It is kept for two days.", 172_800],
  ["Each token is valid for one week.", 604_800],
  ["Locks disappear after 30 seconds.", 30],
  ["Sessions time out half an hour after they were started.", 1800],
])("reads a time to live: %s", (text, seconds) => {
  expect(readTtl(text)).toEqual({ seconds });
});

test.each<[text: string, retries: number]>([
  ["Retry up to 3 times.", 3],
  ["When it times out, try again, at most 5 times.", 5],
  ["Up to 4 attempts are made.", 3],
  ["The call is repeated, no more than twice.", 2],
])("reads retries: %s", (text, retries) => {
  expect(readRetry(text)).toMatchObject({ retries, is_counted: true });
});

test("all or nothing is a transaction", () => {
  expect(asksForTransaction("Debit and credit happen, both or neither.")).toBe(true);
  expect(asksForTransaction("Debit and credit happen.")).toBe(false);
});

test.each<[text: string, expression: string]>([
  ["Given a width and a height in cm, return width times height, divided by 2.", "request.width * request.height / 2"],
  ["Takes a load in kg. The result is the load, but never less than zero.", "max(request.load, 0)"],
  ["Gross weight: net weight (a number) plus 10 percent.", "request.net_weight * (1 + 10 / 100)"],
  ["Takes a list of scores and returns their average.", "sum(request.scores) / len(request.scores)"],
  [
    "Given a low level and a high level, compute the larger of low level and high level.",
    "max(request.low_level, request.high_level)",
  ],
])("reads arithmetic: %s", (text, expression) => {
  const { computations, open_points } = designOf(text, "Compute");
  expect(computations.map((one) => one.expression)).toEqual([expression]);
  expect(open_points).toEqual([]);
});

test("converts the unit that the contract names, and leaves two conversions open", () => {
  const one = designOf("Compute node that converts a mug with a height and a heat in celsius to fahrenheit", "Compute");
  expect(one.computations.map(({ expression }) => expression)).toEqual(["request.heat * 9 / 5 + 32"]);
  const two = designOf("Compute node that converts a heat in celsius and a speed in km/h to fahrenheit and mph", "Compute");
  expect(two.computations).toEqual([]);
  expect(two.open_points.map(({ method }) => method)).toEqual(["derive"]);
});

test("an unstated computation stays open", () => {
  expect(designOf("Compute node for a score of hits.", "Compute").open_points.map(({ method }) => method)).toContain("derive");
});

test("a reducer keeps each listed quantity per group", () => {
  const { fold } = designOf(
    "For each oven, track the minimum, the maximum and the most recent heat. An event is made of oven id and heat (a float).",
    "Reducer",
  );
  expect(fold).toMatchObject({ kind: "quantities", by: ["oven_id"] });
  expect("parts" in fold ? fold.parts.map(({ kind }) => kind) : []).toEqual(["minimum", "maximum", "latest"]);
});

test("a condition on events that is not understood leaves the fold open", () => {
  const { fold, open_points } = designOf(
    "Sums sales by shop: each sale has a shop, an amount in cents and a state. Only settled sales count.",
    "Reducer",
  );
  expect(fold).toEqual({ kind: "open" });
  expect(open_points).toMatchObject([{ method: "fold", what: expect.stringContaining('"Only settled sales count"') }]);
});

test("an event's kind decides whether its value is added or subtracted", () => {
  const { fold } = designOf(
    "Events have a tank id, a kind, which is fill or drain, and a volume. A fill adds the volume to that tank, a drain subtracts it.",
    "Reducer",
  );
  expect("parts" in fold ? fold.parts[0]?.signs : undefined).toEqual({ field: "kind", plus: ["fill"], minus: ["drain"] });
});

test.each<[text: string, steps: string[]]>([
  ["Bake bread:\n1. Mix the dough\n2. Heat the oven", ["mix_dough", "heat_oven"]],
  ["mix the dough -> heat the oven. It gets a loaf id (a string).", ["mix_dough", "heat_oven"]],
  ["Bakes bread. First mix the dough, then heat the oven. We pass the loaf id.", ["mix_dough", "heat_oven"]],
])("steps come from the most explicit list: %j", (text, steps) => {
  expect(readSteps(text).map(({ name }) => name)).toEqual(steps);
});

test("a compensation with a pronoun belongs to its own step", () => {
  const [step] = readSteps("Steps: hold the funds, send the mail. Holding the funds is undone by releasing them.");
  expect(step).toEqual({ name: "hold_funds", compensation: "release_funds", is_named: true });
});
