import { describe, expect, test } from "vitest";
import type { Design, NodeType } from "../../src/coder/design.ts";
import { generate } from "../../src/coder/generate.ts";
import { baseOfGerund } from "../../src/coder/words.ts";

const designOf = (text: string, node_type: NodeType): Design =>
  generate({ text, name: "thing", node_type, known_fields: () => [] }).design;

describe("a stated computation is generated as stated", () => {
  test.each<[rule: string, text: string, expression: string]>([
    [
      "bands",
      "Size class from the width (float): below 2 it is small, below 5 medium, and from 5 on large.",
      '"small" if request.width < 2 else ("medium" if request.width < 5 else "large")',
    ],
    [
      "weights",
      "Inputs: adults (integer), children (integer). Every ticket of adults costs 12, of children 7.",
      "request.adults * 12 + request.children * 7",
    ],
    [
      "a keyed hash",
      "Takes a nonce (string), a body (string) and a secret (string), returns the HMAC-SHA256 with the secret as the key over nonce, a colon and body, as hex.",
      'hmac.new(request.secret.encode(), request.nonce.encode() + b":" + request.body.encode(), hashlib.sha256).hexdigest()',
    ],
    [
      "a formula alone",
      "What is the bill? Energy in kWh times the price per kWh. Both are decimals.",
      "request.energy * request.price_per_kwh",
    ],
  ])("%s", (_, text, expression) => {
    const { computations, open_points } = designOf(text, "Compute");
    expect(computations.map((one) => one.expression)).toEqual([expression]);
    expect(open_points).toEqual([]);
  });

  test("bands with a gap, and a message of two texts without a separator, stay open", () => {
    for (const text of [
      "Size class from the width (float): below 2 it is small, from 5 on large.",
      "Takes a nonce (string), a body (string) and a secret (string), returns the HMAC-SHA256 of nonce and body with the secret as the key.",
    ])
      expect(designOf(text, "Compute").computations, text).toEqual([]);
  });
});

describe("a reducer handles late, final and repeated events as its contract says", () => {
  test("an older event is dropped", () => {
    const { fold } = designOf(
      "Latest price per share id. Events: share id, price and quoted at. Older events are ignored.",
      "Reducer",
    );
    expect(fold).toEqual({ kind: "latest", by: ["share_id"], newer: "quoted_at" });
  });

  test("nothing follows a final value", () => {
    const { fold } = designOf(
      "State of jobs by job id. An event has a job id and a state: OPEN, DONE or FAILED. DONE and FAILED are final.",
      "Reducer",
    );
    expect(fold).toEqual({ kind: "latest", by: ["job_id"], final: { field: "state", values: ["DONE", "FAILED"] } });
  });

  test.each([
    ["is ignored", "ignore"],
    ["is refused", "refuse"],
  ])("an event that would make the value negative %s", (words, floor) => {
    const { fold } = designOf(
      `Balance per account id. Events: account id, type (deposit or withdrawal) and amount (integer). A deposit adds the amount, a withdrawal subtracts it; a withdrawal of more than there is ${words}.`,
      "Reducer",
    );
    expect(fold).toMatchObject({ parts: [{ floor }] });
  });

  test("a member that joined counts once until it leaves", () => {
    const { fold } = designOf(
      "Who is in which club. The events are join and leave, told apart by type, with club id and person id.",
      "Reducer",
    );
    expect(fold).toEqual({
      kind: "members",
      action: "type",
      adds: "join",
      removes: "leave",
      member: "person_id",
      by: ["club_id"],
    });
  });
});

describe("an operation's description decides its effect", () => {
  test.each<[text: string, operations: string[]]>([
    [
      "Keeps tickets in Redis under their ticket id. Operations: raise (store it), show and settle (remove it).",
      ["raise: insert", "show: find", "settle: delete"],
    ],
    [
      "Leases in PostgreSQL (table leases): create one, read one by its lease id, revoke one, which deletes it.",
      ["create: insert", "read: find", "revoke: delete"],
    ],
    [
      "Presence in Redis. start marks a user (user id) as online, stop says that the user has left, and check tells whether the user is there.",
      ["start: insert", "stop: delete", "check: find"],
    ],
  ])("%s", (text, operations) => {
    expect(designOf(text, "Effect").operations.map(({ name, effect }) => `${name}: ${effect}`)).toEqual(operations);
  });
});

test("returns the verb of a gerund", () => {
  expect(["taking", "running", "opening", "leaving", "filling", "issuing"].map(baseOfGerund)).toEqual([
    "take",
    "run",
    "open",
    "leave",
    "fill",
    "issue",
  ]);
});
