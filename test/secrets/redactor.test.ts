import { rules } from "@secretlint/secretlint-rule-preset-recommend";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor, knownSecrets } from "../../src/secrets/index.ts";
import { hasMarker, windowsIn } from "../../src/secrets/markers.ts";
import { matchAll, matchRules } from "../../src/secrets/rules.ts";
import { count } from "../support/effort.ts";
import { examples, pem } from "./examples.ts";

const redactor = createRedactor(knownSecrets());
const known = ["s3cr3t/of", "nobody+at=all"].join("-");
const with_known = createRedactor(knownSecrets({ SERVICE_TOKEN: known, PRIVATE_KEY: `a line\nand "another" ${known}` }));

describe("rules", () => {
  test("the examples cover each of secretlint's recommended rules", () => {
    const ids = rules.map(({ meta }) => meta.id.replace("@secretlint/secretlint-rule-", ""));
    // gcp checks whole key files, whose private key another rule finds; filter-comments finds no secrets.
    const wanted = ids.filter((id) => id !== "gcp" && id !== "filter-comments");
    expect([...new Set(examples.map(({ rule }) => rule))].sort()).toEqual(wanted.sort());
  });

  test.each(examples)("$rule: the example is masked as $name", async ({ text, secret, name }) => {
    const redacted = await redactor.redact(text);
    expect(redacted).toContain(`[redacted: ${name}]`);
    expect(redacted).not.toContain(secret.slice(0, 12));
    expect(redacted).not.toContain(secret.slice(-12));
    expect(await redactor.redact(redacted)).toBe(redacted);
  });

  test("a text cannot disable them", async () => {
    const [example] = examples;
    const text = `${["secretlint", "disable"].join("-")}\n${example?.text}`;
    expect(await redactor.redact(text)).not.toContain(example?.secret);
  });
});

describe("private keys", () => {
  const [first = "", ...lines] = pem("RSA ", 3000).split("\n");
  const with_header = [first, "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,0123456789ABCDEF", "", ...lines].join("\n");
  const of_pgp = pem("PGP ", 7000)
    .replaceAll("PRIVATE KEY", "PRIVATE KEY BLOCK")
    .replace("MII", "Version: GnuPG v2.4 (GNU/Linux)\nComment: made - for a test\n\nlQdGB");

  test.each([
    ["encrypted", pem("ENCRYPTED ", 2400)],
    ["encrypted by old OpenSSL", with_header],
    ["PGP", of_pgp],
    ["PGP in a JSON string", JSON.stringify(of_pgp).slice(1, -1)],
    ["encrypted, with Windows line endings", pem("ENCRYPTED ").replaceAll("\n", "\r\n")],
  ])("are masked: %s", async (_, key) => {
    expect(await redactor.redact(`before\n${key}\nafter`)).toBe("before\n[redacted: private-key]\nafter");
    expect(matchRules(`${"x\n".repeat(20_000)}${key}`)).not.toEqual([]);
  });

  test("are not seen in a text about keys", async () => {
    const text = `Write ${pem("ENCRYPTED ", 0).replace("MII", "… the lines of your key, exactly as in the file that you created with openssl …")} there.`;
    expect(await redactor.redact(text)).toBe(text);
  });
});

describe("markers", () => {
  test.each(examples)("$rule: the example has one, anywhere in a text", ({ text }) => {
    expect(hasMarker(text)).toBe(true);
    const filler = "\nNothing to see here, move along.\n".repeat(2000);
    expect(matchRules(filler + text + filler)).toEqual(matchAll(filler + text + filler));
    expect(matchRules(filler + text + filler)).not.toEqual([]);
  });

  test("searching the windows around them finds what searching the whole text finds", () => {
    const piece = fc.oneof(
      fc.constantFrom(...examples.map(({ text }) => text)),
      fc.string(),
      fc.constantFrom("x", "_", "-", " ", "\n", "é", '"', "=", ":", "a".repeat(20_000), "b c\n".repeat(9_000)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join("");
        const order = (a: { start: number; end: number }, b: typeof a): number => a.start - b.start || a.end - b.end;
        expect(matchRules(text).sort(order)).toEqual(matchAll(text).sort(order));
      }),
      { numRuns: count(600) },
    );
  });

  test("are rare in prose and code", () => {
    const text =
      "props_x = access_key_of(account); // see https://example.com/a:b and task-1\nAS IS, A KIND, npm_config, disk-full";
    expect(windowsIn(text)).toEqual([]);
  });
});

describe("a text without secrets", () => {
  test("is returned unchanged", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 2000 }), async (text) => {
        expect(await with_known.redact(text)).toBe(text);
      }),
    );
  });

  test("is returned as the same object if it is a value", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        expect(await with_known.redactValue(value)).toBe(value);
      }),
    );
  });

  test("is kept around a secret", async () => {
    const [{ text, secret, name } = { text: "", secret: "", name: "" }] = examples;
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), async (before, after) => {
        const whole = `${before}\n${text}\n${after}`;
        expect(await redactor.redact(whole)).toBe(`${before}\n${text.replace(secret, `[redacted: ${name}]`)}\n${after}`);
      }),
    );
  });
});

describe("values", () => {
  test("are masked in decoded strings, in keys, and with the help of the key before them", async () => {
    const [id, , key] = examples;
    if (id === undefined || key === undefined) throw new Error("There are no examples.");
    const name = ["AWS", "SECRET", "ACCESS", "KEY"].join("_");
    const value = {
      list: [1, null, `a "quoted"\n${id.secret}`],
      [id.secret]: true,
      env: { [name]: key.secret },
      kept: { a: [] },
    };
    const redacted = await redactor.redactValue(value);
    expect(redacted).toEqual({
      list: [1, null, `a "quoted"\n[redacted: ${id.name}]`],
      [`[redacted: ${id.name}]`]: true,
      env: { [name]: `[redacted: ${key.name}]` },
      kept: { a: [] },
    });
    expect(redacted.kept).toBe(value.kept);
    expect(await redactor.findInValue(value)).toEqual([
      { path: ["list", 2], at_key: false, name: id.name },
      { path: [id.secret], at_key: true, name: id.name },
      { path: ["env", name], at_key: false, name: key.name },
    ]);
  });

  test("redactLines keeps the number of lines of a multi-line secret", async () => {
    const text = `one\n${pem()}\nlast`;
    const redacted = await redactor.redactLines(text);
    expect(redacted.split("\n")).toHaveLength(text.split("\n").length);
    expect(redacted.replaceAll(/\n+/g, "\n")).toBe("one\n[redacted: private-key]\nlast");
  });

  test("keys that are equal after masking stay distinct", async () => {
    const [one, other] = examples;
    const redacted = await redactor.redactValue({ [one?.secret ?? ""]: 1, [other?.secret ?? ""]: 2 });
    expect(Object.values(redacted)).toEqual([1, 2]);
  });

  test("a multi-line private key is masked as text, as JSON and as JSON in JSON", async () => {
    for (const text of [pem(), JSON.stringify({ key: pem() })])
      expect(JSON.stringify(await redactor.redactValue({ text }))).toMatch(
        /^\{"text":"[^M]*\[redacted: private-key\][^M]*"\}$/,
      );
  });
});

describe("credentials in the environment", () => {
  test("are masked whatever they look like, also in JSON", async () => {
    expect(await with_known.redact(`<${known}>`)).toBe("<[redacted: $SERVICE_TOKEN]>");
    expect(await with_known.redact(JSON.stringify(`a line\nand "another" ${known}`))).toBe('"[redacted: $PRIVATE_KEY]"');
    expect(await with_known.redactValue([`a line\nand "another" ${known}`])).toEqual(["[redacted: $PRIVATE_KEY]"]);
  });

  test("are masked in JSON with ASCII escapes", async () => {
    const value = ["pass", "wörd ☃"].join("-");
    const escaped = `"pass-w\\u00f6rd \\u2603"`;
    expect(await createRedactor(knownSecrets({ A_SECRET: value })).redact(escaped)).toBe('"[redacted: $A_SECRET]"');
  });

  test.each([
    "ANTHROPIC_API_KEY",
    "OPENAI_API_KEY",
    "GH_TOKEN",
    "TOKEN",
    "my_secret",
    "PGPASSWORD",
    "DB_PASSWD",
    "DB_PASS",
    "MYSQL_PWD",
    "GITHUB_PAT",
    "APIKEY",
  ])("include %s", (name) => expect(knownSecrets({ [name]: known }).test(known)).toBe(true));

  test.each([
    ["MONKEY", known],
    ["TOKENIZER", known],
    ["OLDPWD", known],
    ["BYPASS", known],
    ["DISPATCH_TOKEN", known],
    ["A_TOKEN", "short"],
    ["DB_PASSWORD", "postgres"],
    ["SOME_KEY", "12345678"],
    ["SSH_KEY", import.meta.filename],
    ["EMPTY_TOKEN", ""],
  ])("do not include %s=%s", (name, value) => expect(knownSecrets({ [name]: value }).test(`${value} ${value}`)).toBe(false));
});
