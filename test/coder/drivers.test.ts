import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { nodeTypeIn } from "../../src/coder/contract.ts";
import { generate } from "../../src/coder/generate.ts";
import { no_python, runPython } from "../support/python.ts";

const moduleFor = (text: string): string =>
  generate({ text, name: "thing", node_type: nodeTypeIn(text) ?? "Effect", known_fields: () => [] }).code;

const skipping = no_python === undefined ? "" : ` (skipped: ${no_python})`;

/** A fake asyncpg that records its calls. */
const asyncpg = `asked = []

class Pool:
    async def fetch(self, sql, *values):
        asked.append((sql, values))
        return [{"ok": True}]

    async def close(self):
        asked.append(("closed", ()))

async def create_pool(dsn):
    asked.append(("connected", (dsn,)))
    return Pool()
`;

describe.skipIf(no_python !== undefined)(`the drivers implement the port${skipping}`, () => {
  test("PostgreSQL receives bound values and quoted columns", () => {
    const node = moduleFor(
      "Effect node that creates, reads, updates and deletes users with user id, name and email in PostgreSQL users table",
    );
    const script = `import asyncio, json
import asyncpg
from node import *

async def main():
    node = NodeThingEffect(PostgresStore("postgres://x"))
    await node.initialize()
    evil = "'; DROP TABLE users; --"
    await node.execute(ModelThingInput("create", name=evil, email="e", user_id="1"))
    await node.execute(ModelThingInput("read", user_id=evil))
    await node.execute(ModelThingInput("update", user_id="1", email="f"))
    await node.execute(ModelThingInput("delete", user_id="1"))
    await node.shutdown()
    print(json.dumps(asyncpg.asked))

asyncio.run(main())
`;
    const { stdout, stderr } = runPython(script, { files: { "node.py": node, "asyncpg.py": asyncpg } });
    expect(stderr).toBe("");
    const evil = "'; DROP TABLE users; --";
    expect(JSON.parse(stdout)).toEqual([
      ["connected", ["postgres://x"]],
      ['INSERT INTO "users" ("user_id", "name", "email") VALUES ($1, $2, $3) RETURNING *', ["1", evil, "e"]],
      ['SELECT * FROM "users" WHERE "user_id" = $1', [evil]],
      ['UPDATE "users" SET "email" = $1 WHERE "user_id" = $2 RETURNING *', ["f", "1"]],
      ['DELETE FROM "users" WHERE "user_id" = $1 RETURNING *', ["1"]],
      ["closed", []],
    ]);
  });

  test("reports a missing driver and a missing address", () => {
    const node = moduleFor("Effect node that creates users with name in PostgreSQL users table");
    const script = `import asyncio, sys
from node import *

async def main():
    for store in (PostgresStore(), PostgresStore("postgres://x")):
        try:
            await NodeThingEffect(store).initialize()
        except StoreError as error:
            print(error)

sys.modules["asyncpg"] = None
asyncio.run(main())
`;
    const { stdout } = runPython(script, { files: { "node.py": node }, env: { DATABASE_URL: "" } });
    expect(stdout).toBe("Set DATABASE_URL, or pass a dsn.\nPostgreSQL needs a driver: pip install asyncpg\n");
  });

  test("SQLite creates, reads, updates and deletes records in a transaction", () => {
    const node = moduleFor(
      "Effect node that creates, reads, updates and deletes payments with payment id, amount and tags in SQLite payments table in a transaction",
    );
    const script = `import asyncio, sqlite3
from decimal import Decimal
from node import *

async def main():
    sqlite3.connect("x.db").execute("CREATE TABLE payments (payment_id TEXT PRIMARY KEY, amount TEXT, tags TEXT)")
    node = NodeThingEffect(SqliteStore("x.db"))
    await node.initialize()
    print((await node.execute(ModelThingInput("create", payment_id="1", amount=Decimal("1.50"), tags=["a"]))).records)
    print((await node.execute(ModelThingInput("update", payment_id="1", amount=Decimal("2.50")))).records)
    print((await node.execute(ModelThingInput("read", payment_id="1"))).records)
    try:
        await node.execute(ModelThingInput("create", payment_id="1", amount=Decimal("9")))
    except StoreError as error:
        print("StoreError")
    print((await node.execute(ModelThingInput("delete", payment_id="1"))).records)
    print((await node.execute(ModelThingInput("read", payment_id="1"))).records)
    await node.shutdown()

asyncio.run(main())
`;
    const { stdout, stderr } = runPython(script, { files: { "node.py": node } });
    expect(stderr).toBe("");
    const row = (amount: string): string => `[{'payment_id': '1', 'amount': '${amount}', 'tags': '["a"]'}]\n`;
    expect(stdout).toBe(`${row("1.50")}${row("2.50")}${row("2.50")}StoreError\n${row("2.50")}[]\n`);
  });

  test.each(["csv", "jsonl"])("a %s file keeps its records for the next start", (format) => {
    const node = moduleFor(`Effect node that adds and lists readings with device id and place to readings.${format}`);
    const script = `import asyncio
from node import *

async def main():
    for place in ("a", "b"):
        node = NodeThingEffect()
        await node.initialize()
        await node.execute(ModelThingInput("add", device_id="1", place=place))
        found = (await node.execute(ModelThingInput("list", device_id="1"))).records
        await node.shutdown()
    print([one["place"] for one in found])

asyncio.run(main())
`;
    const { stdout, stderr } = runPython(script, { files: { "node.py": node } });
    expect(stderr).toBe("");
    expect(stdout).toBe("['a', 'b']\n");
  });

  test("records are files below the folder, and a path outside it is rejected", () => {
    const node = moduleFor(
      "Effect node that writes, reads and deletes files on the local disk. Fields: path (text) and content (bytes).",
    );
    const script = `import asyncio, os
from node import *

async def main():
    os.mkdir("kept")
    node = NodeThingEffect(DiskStore("kept"))
    await node.initialize()
    await node.execute(ModelThingInput("write", path="a/b.bin", content=bytes([0, 255])))
    await node.execute(ModelThingInput("write", path="a/b.bin", content=b"new"))
    with open("kept/a/b.bin", "rb") as file:
        print(file.read(), os.listdir("kept/a"))
    print((await node.execute(ModelThingInput("read", path="a/b.bin"))).records)
    try:
        await node.execute(ModelThingInput("write", path="../out.bin", content=b"x"))
    except InvalidInputError as error:
        print(error, os.path.exists("out.bin"))
    await node.execute(ModelThingInput("delete", path="a/b.bin"))
    print(os.listdir("kept/a"), (await node.execute(ModelThingInput("read", path="a/b.bin"))).records)
    await node.shutdown()
    try:
        await NodeThingEffect(DiskStore("missing")).initialize()
    except StoreError as error:
        print("StoreError")

asyncio.run(main())
`;
    const { stdout, stderr } = runPython(script, { files: { "node.py": node } });
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual([
      "b'new' ['b.bin']",
      "[{'path': 'a/b.bin', 'content': b'new'}]",
      "../out.bin is outside the folder. False",
      "[] []",
      "StoreError",
      "",
    ]);
  });

  test("HTTP sends the contract's fields to its endpoint, and reports an error response", async () => {
    const { stdout, asked } = await overHttp(
      "Effect node that creates an issue with a title through POST /repos/{owner}/issues and returns the number",
      `    print((await node.execute(ModelThingInput(title="t", owner="a/b"))).number)
    try:
        await node.execute(ModelThingInput(title="t", owner="c"))
    except StoreError as error:
        print(error)`,
      1,
    );
    expect(stdout).toBe("7\ncreate failed: HTTP Error 500: Internal Server Error\n");
    expect(asked[0]).toEqual(["POST", "/repos/a%2Fb/issues", { title: "t", owner: "a/b" }]);
  });

  test("HTTP sends each operation with the method that fits its verb", async () => {
    const { asked } = await overHttp(
      "Effect node that creates, reads, lists, updates and deletes notes with note id and text over the HTTP API",
      `    for operation in ("create", "read", "list", "update", "delete"):
        await node.execute(ModelThingInput(operation, note_id="1", text="t"))`,
    );
    const given = { note_id: "1", text: "t" };
    expect(asked).toEqual([
      ["POST", "/create", given],
      ["GET", "/read?note_id=1&text=t", undefined],
      ["GET", "/list?note_id=1&text=t", undefined],
      ["PATCH", "/update", given],
      ["DELETE", "/delete?note_id=1&text=t", undefined],
    ]);
  });
});

/** Runs a node against a server that records its requests, and answers 500 after the first `accepted`. */
async function overHttp(contract: string, calls: string, accepted = Number.POSITIVE_INFINITY) {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (text) => {
      body += text;
    });
    request.on("end", () => {
      asked.push([request.method, request.url, body === "" ? undefined : JSON.parse(body)]);
      if (asked.length > accepted) response.statusCode = 500;
      response.end('{"number": 7}');
    });
  }).listen(0);
  await once(server, "listening");
  const folder = mkdtempSync(join(tmpdir(), "dispatch-python-"));
  try {
    writeFileSync(join(folder, "node.py"), moduleFor(contract));
    writeFileSync(
      join(folder, "main.py"),
      `import asyncio
from node import *

async def main():
    node = NodeThingEffect()
    await node.initialize()
${calls}

asyncio.run(main())
`,
    );
    const { port } = server.address() as AddressInfo; // a server on a port has this address
    const env = { ...process.env, THING_URL: `http://127.0.0.1:${port}/`, no_proxy: "*" };
    const child = spawn("python3", ["main.py"], { cwd: folder, env });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    await once(child, "close");
    return { stdout, asked };
  } finally {
    server.close();
    rmSync(folder, { recursive: true });
  }
}
