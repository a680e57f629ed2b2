import { describe, expect, test } from "vitest";
import { isListable, isPrivate } from "../../src/workspace/private-files.ts";

describe("a private file", () => {
  test.each([
    ".env",
    ".env.js",
    "app/.env.production",
    "prod.env",
    "ID_RSA",
    "keys/id_ed25519",
    "server.pem",
    "a/Server.KEY",
    "credentials",
    "config/credentials.json",
    "secrets.yml",
    "service-account-prod.json",
    "terraform.tfstate.backup",
    ".ssh/known_hosts.md",
    "home/.aws/config.py",
    ".kube/notes.txt",
  ])("is recognized by its name or its folder: %s", (path) => {
    expect(isPrivate(path)).toBe(true);
    expect(isListable(path)).toBe(false);
  });

  test.each([
    ".env.example",
    "src/environment.ts",
    "credentials.py",
    "secrets.md",
    "service-account.ts",
    "keys/README.md",
    "a.pem/b.js",
    ".github/workflows/ci.yml",
    ".gitignore",
    "md",
  ])("is not a public file: %s", (path) => {
    expect(isPrivate(path)).toBe(false);
    expect(isListable(path)).toBe(true);
  });

  test("is not listed inside .git or dispatch's cache", () => {
    expect([".git/config", "sub/.git", ".dispatch/cache/x.json"].filter(isListable)).toEqual([]);
    expect(isListable(".dispatch/patterns/a.md")).toBe(true);
  });
});
