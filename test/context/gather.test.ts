import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ContextTask } from "../../src/context/index.ts";
import { createRedactor, knownSecrets } from "../../src/secrets/index.ts";
import { pem } from "../secrets/examples.ts";
import { entryOf, keysOf, Project } from "./project.ts";

const taskOf = (task_id: string, ...requirements: string[]): ContextTask => ({
  task_id,
  requirements,
  text: "",
  has_upstream: false,
});

describe("gathering", () => {
  test("stores and counts content that several tasks share once", async () => {
    using project = new Project();
    project.write("a.txt", "shared words");
    project.write("copy.txt", "shared words");
    const tasks = [taskOf("1", "file:a.txt"), taskOf("2", "file:a.txt"), taskOf("3", "file:copy.txt", "file:a.txt")];
    const pool = await project.gather([], { tasks });
    expect(pool.items).toBe(1);
    expect(pool.pool_tokens).toBe(2);
    // Tasks with the same keys share one object.
    expect(pool.packed("1")).toBe(pool.packed("2"));
    expect(pool.packed("3")?.tokens).toBe(4);
    expect(pool.packed("unknown")).toBeUndefined();
  });

  test("gives a task the same content once, and refers to it under other keys", async () => {
    using project = new Project();
    const text = "the very same words, ".repeat(40);
    for (const name of ["a.txt", "b.txt"]) project.write(name, text);
    const pool = await project.gather(["file:a.txt", "file:b.txt"]);
    expect(entryOf(pool, "file:a.txt").content).toBe(text);
    expect(entryOf(pool, "file:b.txt")).toMatchObject({ content: "", metadata: { path: "b.txt", same_as: "file:a.txt" } });
    expect(pool.packed("a")?.tokens).toBe(pool.pool_tokens);
  });

  test("lists the missing keys of each task in the order of its requirements", async () => {
    using project = new Project();
    const tasks = [taskOf("1", "file:x", "pattern:debugging", "structure:y"), taskOf("2", "file:x")];
    const { missing } = await project.gather([], { tasks });
    expect(missing.map(({ task_id, key }) => `${task_id} ${key}`)).toEqual(["1 file:x", "1 structure:y", "2 file:x"]);
  });

  test("gives a key that is named twice once", async () => {
    using project = new Project();
    project.write("src/a.txt", "a");
    expect(keysOf(await project.gather(["file:src/a.txt", "file:src/*", "file:src/a.txt"]))).toEqual(["file:src/a.txt"]);
  });

  test("stops when the signal is aborted", async () => {
    using project = new Project();
    project.write("a.txt", "a");
    const reason = { type: "caller" };
    const gathering = project.gather(["file:*", "structure:."], { signal: AbortSignal.abort(reason) });
    await expect(gathering).rejects.toBe(reason);
  });
});

describe("auto", () => {
  test("picks the files that the task is about, best first", async () => {
    using project = new Project();
    for (const name of ["auth/token_manager.py", "auth/session.py", "billing/invoice.py", "docs/tokens.md", "main.py"])
      project.write(name, name);
    const pool = await project.gather(["auto"], { text: "The token manager refreshes twice; see session.py" });
    expect(keysOf(pool).slice(0, 2).sort()).toEqual(["file:auth/session.py", "file:auth/token_manager.py"]);
    expect(keysOf(pool)).not.toContain("file:billing/invoice.py");
  });

  test("picks files by content if their paths do not match", async () => {
    using project = new Project();
    project.write("src/a.py", "def renew_expired_session(user):\n    return user.login()\n");
    for (const name of ["src/b.py", "src/c.py", "lib/d.py"]) project.write(name, "def paint_the_fence():\n    pass\n");
    const pool = await project.gather(["auto"], { text: "Expired sessions are never renewed; begin at lib/d.py" });
    // Files that are named outright come first.
    expect(keysOf(pool)).toEqual(["file:lib/d.py", "file:src/a.py"]);
  });

  test("does not build an index of a large workspace, but uses an existing one", async () => {
    using project = new Project();
    for (let i = 0; i < 1001; i++) project.write(`m${i}.txt`, "nothing");
    project.write("src/a.py", "def renew_expired_session(user):\n    return user.login()\n");
    const about = { text: "Expired sessions are never renewed" };
    expect(keysOf(await project.gather(["auto"], about))).toEqual([]);
    await project.gather(["rag:fence"]);
    expect(keysOf(await project.gather(["auto"], about))).toEqual(["file:src/a.py"]);
  });

  test("works among other requirements, and gives nothing if no file matches", async () => {
    using project = new Project();
    project.write("auth/token.py", "x");
    expect(keysOf(await project.gather(["pattern:debugging", "auto"], { text: "token" }))).toEqual([
      "pattern:debugging",
      "file:auth/token.py",
    ]);
    const pool = await project.gather(["auto"], { text: "something quite different" });
    expect(keysOf(pool)).toEqual([]);
    expect(pool.missing).toEqual([]);
  });
});

describe("redaction", () => {
  const password = "hunter2-hunter2";
  const redactor = createRedactor(knownSecrets({ DB_PASSWORD: password }));

  test("masks every string before it is counted, cut or outlined", async () => {
    using project = new Project();
    project.write(
      "src/key.ts",
      `export function secretKey(): string {\n  return "${password}";\n}\n${`// ${password}\n`.repeat(2000)}`,
    );
    project.write(`${password}.txt`, password);
    project.write(".dispatch/patterns/p.json", `{"deep": [{"password": "${password}"}]}`);
    for (const max_tokens_per_task of [50, 5000, 100_000]) {
      const pool = await project.gather(["file:src/key.ts", "pattern:p", "structure:."], { redactor, max_tokens_per_task });
      expect(JSON.stringify([...(pool.packed("a")?.entries ?? [])])).not.toContain(password);
    }
    const pool = await project.gather(["pattern:p"], { redactor });
    expect(entryOf(pool, "pattern:p").content).toEqual({ deep: [{ password: "[redacted: $DB_PASSWORD]" }] });
  });

  test("masks file names and missing keys", async () => {
    using project = new Project();
    project.write(`src/for-${password}.txt`, "plain");
    project.write(`hidden/${password}.txt`, "hidden");
    project.write(".gitignore", "hidden/\n");
    project.link("to-hidden", `hidden/${password}.txt`);
    const keys = ["file:src/for-*.txt", `file:for-${password}.txt`, "file:to-hidden", `file:${password}`, "rag:plain"];
    const pool = await project.gather(keys, { redactor });
    expect(keysOf(pool)).toEqual([
      "file:src/for-[redacted: $DB_PASSWORD].txt",
      "file:for-[redacted: $DB_PASSWORD].txt",
      "rag:plain",
    ]);
    expect(pool.missing).toHaveLength(2);
    expect(JSON.stringify([[...(pool.packed("a")?.entries ?? [])], pool.packed("a")?.missing, pool.missing])).not.toContain(
      password,
    );
  });

  test("keeps files distinct whose names differ only in a secret", async () => {
    using project = new Project();
    const other = "correct-horse-9";
    const both = createRedactor(knownSecrets({ DB_PASSWORD: password, API_TOKEN: other }, { DB_PASSWORD: "swordfish-77" }));
    project.write(`of-${password}.txt`, "the first");
    project.write("of-swordfish-77.txt", "the second");
    const pool = await project.gather(["file:of-*.txt"], { redactor: both });
    expect(keysOf(pool)).toEqual(["file:of-[redacted: $DB_PASSWORD].txt", "file:of-[redacted: $DB_PASSWORD].txt 2"]);
    expect(keysOf(pool).map((key) => entryOf(pool, key).content)).toEqual(["the first", "the second"]);
  });

  test("masks a secret at the read limit of a file", async () => {
    using project = new Project();
    const limit = 1024 * 1024;
    project.write("big.txt", `${"x".repeat(limit - 9)} ${password}${"y".repeat(40_000)}`);
    project.write(".dispatch/patterns/big.md", `${"z".repeat(limit - 9)} ${password} and more`);
    const key = pem("RSA ", 3200);
    project.write("key.txt", `${"x\n".repeat(limit / 2 - 1000)}${key}\n${"y\n".repeat(20_000)}`);
    const pool = await project.gather(["file:big.txt", "pattern:big", "file:key.txt"], {
      redactor,
      max_tokens_per_task: 10_000_000,
    });
    const big = entryOf(pool, "file:big.txt");
    expect(big.content).toBe(`${"x".repeat(limit - 9)} `);
    expect(big.metadata).toMatchObject({ read_bytes: limit });
    expect(entryOf(pool, "pattern:big").content).toBe(`${"z".repeat(limit - 9)} `);
    const { content } = entryOf(pool, "file:key.txt");
    expect(key.split("\n").filter((line) => String(content).includes(line))).toEqual([]);
  });

  test("keeps the line numbers of a file", async () => {
    using project = new Project();
    project.write("a.txt", `one\n${pem()}\nlast\n`);
    const lines = `one\n${pem()}\nlast\n`.split("\n");
    const { content } = entryOf(await project.gather(["file:a.txt"], { redactor }), "file:a.txt");
    expect(String(content).split("\n").indexOf("last")).toBe(lines.indexOf("last"));
  });

  test("masks a secret at the border of a passage", async () => {
    using project = new Project();
    const key = pem("RSA ", 3200);
    const middle = key.split("\n").slice(5, -5);
    project.write(
      "src/tamarind.py",
      `# tamarind\n${"#\n".repeat(20)}KEY = """${key}"""\n\n\ndef tamarind():\n    return KEY\n`,
    );
    project.write("src/notes.md", `# Tamarind\n\n${key}\n\ntamarind again\n`);
    project.write("src/durian.py", `${"# filler\n".repeat(600)}KEY = """${key}"""\n`);
    const pool = await project.gather(["rag:tamarind begin end key", "pattern:durian"], {
      redactor: createRedactor(knownSecrets()),
      max_tokens_per_task: 20_000,
    });
    const given = JSON.stringify([...(pool.packed("a")?.entries ?? [])]);
    expect(given).toContain("def tamarind():");
    expect(given).toContain("# filler");
    expect(middle.filter((line) => given.includes(line))).toEqual([]);
    const { metadata } = entryOf(pool, "rag:tamarind begin end key");
    expect(metadata["results"]).toContainEqual(expect.objectContaining({ path: "src/notes.md", symbols: ["Tamarind"] }));
  });

  test("masks a secret that is recognized by its name in a JSON pattern", async () => {
    using project = new Project();
    const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY";
    project.write(".dispatch/patterns/p.json", JSON.stringify({ aws_secret_access_key: secret }));
    const pool = await project.gather(["pattern:p"], { redactor: createRedactor(knownSecrets()) });
    expect(JSON.stringify(entryOf(pool, "pattern:p").content)).not.toContain(secret);
  });
});

describe("the token cache", () => {
  const file = ".dispatch/cache/tokens.json";

  test("is in the workspace, hidden from git, and keyed by content", async () => {
    using project = new Project();
    project.git("init", "--quiet");
    project.write("a.txt", "one two three");
    const first = await project.gather(["file:a.txt"]);
    first.remember();
    expect(readFileSync(join(project.root, ".dispatch/cache/.gitignore"), "utf8")).toBe("*\n");
    expect(statSync(join(project.root, file)).mode & 0o777).toBe(0o600);
    project.write("a.txt", "one two three four five");
    utimesSync(join(project.root, "a.txt"), 0, 0);
    expect((await project.gather(["file:a.txt"])).pool_tokens).toBe(first.pool_tokens + 2);
  });

  test.each(["", "{", '{"version":1,"entries":[["x"],3,null]}', '{"version":99,"entries":[]}', "[]"])(
    "is ignored if it is damaged: %j",
    async (text) => {
      using project = new Project();
      project.write("a.txt", "one two three");
      project.write(file, text);
      expect((await project.gather(["file:a.txt"])).pool_tokens).toBe(3);
    },
  );

  test("is ignored if it is a FIFO, and never written through a link", async () => {
    using project = new Project();
    using outside = new Project();
    project.write("a.txt", "one two three");
    const precious = outside.write("precious", "mine");
    project.link(".dispatch/cache/.gitignore", precious);
    execFileSync("mkfifo", [join(project.root, file)]);
    const pool = await project.gather(["file:a.txt"]);
    expect(pool.pool_tokens).toBe(3);
    pool.remember();
    expect(readFileSync(precious, "utf8")).toBe("mine");
  });

  test("is written only by remember(), and never through a linked folder", async () => {
    using project = new Project();
    project.write("a.txt", "x");
    await project.gather(["file:a.txt"]);
    expect(existsSync(join(project.root, ".dispatch"))).toBe(false);
    using outside = new Project();
    project.link(".dispatch", outside.root);
    const pool = await project.gather(["file:a.txt"]);
    pool.remember();
    expect(pool.missing).toEqual([]);
    expect(existsSync(join(outside.root, "cache"))).toBe(false);
  });
});
