import { describe, expect, test } from "vitest";
import { isLiteralSecret, literalSecrets } from "../../src/secrets/index.ts";

// Assembled at run time, so that secret scanners do not report this file.
const password = ["hunter2", "secret"].join("");
const token = ["a1B2c3D4", "e5F6g7H8"].join("");

describe("a literal secret in a script", () => {
  test.each([
    [`PASSWORD=${password} ./x`, ["PASSWORD"]],
    [`cd app && export DB_PASSWORD="${password}"; ./migrate`, ["DB_PASSWORD"]],
    [`PGPASSWORD='${password}!' psql -c 'select 1'`, ["PGPASSWORD"]],
    [`(ADMIN_PWD=${password} ./x)`, ["ADMIN_PWD"]],
    [`API_KEY=${token} ACCESS_TOKEN=${token} ./x`, ["API_KEY", "ACCESS_TOKEN"]],
  ])("is recognized by its variable: %s", (script, names) => {
    expect(literalSecrets(script)).toEqual(names);
  });

  test.each([
    "PASSWORD=$PASSWORD ./x",
    "PASSWORD=${PASSWORD} ./x",
    "PASSWORD=${PASSWORD:-default1} ./x",
    'PASSWORD="$(pass show db1)" ./x',
    "PASSWORD=`pass show db1` ./x",
    "PASSWORD= ./x",
    'PASSWORD="" ./x',
    "POSTGRES_PASSWORD=postgres docker compose up",
    "PASSWORD=<your-password-1> ./x",
    "PASSWORD=changeme123 ./x",
    "PASSWORD=your_password_1 ./x",
    "PASSWORD=test1234 ./x",
    "PASSWORD=xxxxxxxx1 ./x",
    "PASSWORD=12345678 ./x",
    "PASSWORD=/run/secrets/db1 ./x",
    "PASSWORD_FILE=secrets1/db.txt ./x",
    "TOKEN=${TOKEN} ./x",
    "TOKEN=build-2024-01-17 ./x",
    "CACHE_KEY=a1B2c3D4e5F6g7H8 ./x",
    "SORT_KEY=created_at2 ./x",
    "./x --password hint1234",
    "echo 'the PASSWORD is in the vault'",
    "COMPASS=hunter2north ./x",
    "make BYPASS=1 TOKENS=4096",
  ])("is not seen in: %s", (script) => {
    expect(literalSecrets(script)).toEqual([]);
  });

  test("is recognized in an environment", () => {
    expect(isLiteralSecret("DB_PASSWORD", password)).toBe(true);
    expect(isLiteralSecret("DB_PASSWORD", "${DB_PASSWORD}")).toBe(false);
  });
});
