import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRedactor, knownSecrets, redactFile } from "../../src/secrets/index.ts";
import { examples, pem } from "./examples.ts";

const known = ["ünlike", "any-rule's", "tokens"].join("/");
const redactor = createRedactor(knownSecrets({ SERVICE_TOKEN: known }));
let folder = "";
let path = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dispatch-redact-"));
  path = join(folder, "log");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes a file, masks its secrets and returns the new content. */
async function redacted(content: string | Buffer): Promise<Buffer> {
  writeFileSync(path, content, { mode: 0o600 });
  await redactFile(path, redactor);
  expect(readdirSync(folder)).toEqual(["log"]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  return readFileSync(path);
}

test("leaves a file without secrets untouched", async () => {
  const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, i) => (i * 31) % 256));
  writeFileSync(path, bytes);
  const { ino, mtimeMs } = statSync(path);
  expect(await redactFile(path, redactor)).toBe(false);
  expect(statSync(path)).toMatchObject({ ino, mtimeMs });
});

test("masks secrets at any offset, also across window borders", async () => {
  const secrets = [known, examples[0]?.secret ?? "", pem()];
  const named = [`[redacted: $SERVICE_TOKEN]`, `[redacted: ${examples[0]?.name}]`, "[redacted: private-key]"];
  for (const [i, secret] of secrets.entries()) {
    const length = Buffer.byteLength(secret);
    // The first window ends after 256 KiB plus the maximum length of a secret.
    for (const border of [0, 256 * 1024, 256 * 1024 + 16 * 1024, 256 * 1024 + 16 * 1024 + 64, 600_000]) {
      for (const offset of [border - length - 1, border - length, border - (length >> 1), border - 1, border, border + 1]) {
        if (offset < 0) continue;
        const before = ". ".repeat(offset >> 1) + (offset % 2 === 1 ? "\n" : "");
        const after = `\n${"… ".repeat(150_000)}`;
        expect((await redacted(before + secret + after)).toString(), `${i} at ${offset}`).toBe(before + named[i] + after);
      }
    }
  }
}, 120_000);

test("keeps bytes that are not text around a secret", async () => {
  const noise = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x20, 0x0a]);
  const secret = examples[0]?.secret ?? "";
  const after = Buffer.concat([Buffer.from(` ${known} `), noise]);
  const expected = Buffer.concat([noise, Buffer.from(`[redacted: ${examples[0]?.name}] [redacted: $SERVICE_TOKEN] `), noise]);
  expect(await redacted(Buffer.concat([noise, Buffer.from(secret), after]))).toEqual(expected);
});

test("masks every secret of a large file", async () => {
  const secret = examples[0]?.secret ?? "";
  const text = (await redacted(`a ${secret} bc é\n`.repeat(40_000))).toString();
  expect(text).toBe(`a [redacted: ${examples[0]?.name}] bc é\n`.repeat(40_000));
});

test("masks secrets that JSON escapes hide, together with the escapes", async () => {
  const escaped = (char = ""): string => `\\u00${char.charCodeAt(0).toString(16)}`;
  const url = ["https:\\/\\/deploy", "0pen-sesame-77@git.example.net"].join(":");
  const secret = examples[0]?.secret ?? "";
  const id = escaped(secret[0]) + secret.slice(1, -1) + escaped(secret.at(-1));
  expect((await redacted(`{"é": "\\u00e9 \\/ ${url}\\/x", "id": "${id}"}`)).toString()).toBe(
    `{"é": "\\u00e9 \\/ [redacted: basic-auth]\\/x", "id": "[redacted: ${examples[0]?.name}]"}`,
  );
});

test("leaves anything but a regular file alone", async () => {
  symlinkSync("/dev/zero", path);
  expect(await redactFile(path, redactor)).toBe(false);
  expect(await redactFile(join(folder, "none"), redactor)).toBe(false);
  expect(await redactFile(folder, redactor)).toBe(false);
});
