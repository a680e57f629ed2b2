import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  configFromEnvironment,
  configFromFlags,
  configFromOptions,
  defaults,
  expectation,
  mergeConfig,
  options,
  readConfigFile,
  variableOf,
} from "../../src/config/index.ts";

const folder = mkdtempSync(join(tmpdir(), "dispatch-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("layers", () => {
  test("each overrides the ones before it, value by value", () => {
    expect(mergeConfig()).toEqual(defaults);
    expect(mergeConfig({ max_workers: 2, retries: 1 }, { max_workers: 3 }, {}, { max_workers: 4 })).toEqual({
      ...defaults,
      max_workers: 4,
      retries: 1,
    });
  });

  test("an undefined value overrides nothing", () => {
    expect(mergeConfig({ retries: 2 }, { retries: undefined })).toEqual({ ...defaults, retries: 2 });
  });
});

describe("the environment", () => {
  test("every option has a variable, and an empty one counts as unset", () => {
    expect(options.map(({ name }) => variableOf(name))).toContain("DISPATCH_MAX_WORKERS");
    const env = {
      DISPATCH_MAX_WORKERS: "7",
      DISPATCH_TIMEOUT_SECONDS: "0.5",
      DISPATCH_RETRIES: "",
      DISPATCH_FAIL_FAST: "1",
      DISPATCH_TRACE_DIR: "t",
    };
    expect(configFromEnvironment(env)).toEqual({
      values: { max_workers: 7, timeout_seconds: 0.5, fail_fast: true, trace_dir: "t" },
      problems: [],
    });
  });

  test.each([
    ["DISPATCH_MAX_WORKERS", "five", 'max_workers must be a whole number from 1 to 1024, not "five".'],
    ["DISPATCH_MAX_WORKERS", "1e3", 'max_workers must be a whole number from 1 to 1024, not "1e3".'],
    ["DISPATCH_MAX_WORKERS", " 5", 'max_workers must be a whole number from 1 to 1024, not " 5".'],
    ["DISPATCH_MAX_WORKERS", "0x10", 'max_workers must be a whole number from 1 to 1024, not "0x10".'],
    ["DISPATCH_RETRIES", "1.5", 'retries must be a whole number from 0 to 100, not "1.5".'],
    ["DISPATCH_TIMEOUT_SECONDS", "0", 'timeout_seconds must be a number of seconds above 0 and at most 2,147,483, not "0".'],
    ["DISPATCH_FAIL_FAST", "maybe", 'fail_fast must be true or false, not "maybe".'],
  ])("%s=%s is refused with the name of the option", (file, value, message) => {
    expect(configFromEnvironment({ [file]: value })).toEqual({ values: {}, problems: [{ file, message }] });
  });
});

describe("flags", () => {
  test("are parsed like the environment, but an empty value is a problem", () => {
    expect(configFromFlags({ max_workers: "3", fail_fast: true })).toEqual({
      values: { max_workers: 3, fail_fast: true },
      problems: [],
    });
    expect(configFromFlags({ fail_fast: false }).values).toEqual({ fail_fast: false });
    expect(configFromFlags({ trace_dir: "", max_workers: "" }).problems).toEqual([
      { file: "--max-workers", message: 'max_workers must be a whole number from 1 to 1024, not "".' },
      { file: "--trace-dir", message: 'trace_dir must be a folder path, not "".' },
    ]);
  });
});

describe("values from a library caller", () => {
  test("are checked like all others", () => {
    expect(configFromOptions({ retries: 2, max_workers: undefined })).toEqual({ values: { retries: 2 }, problems: [] });
    expect(configFromOptions({ max_workers: "3", nope: 1, timeout_seconds: Number.NaN }).problems.map((p) => p.file)).toEqual([
      "options.config.max_workers",
      "options.config.nope",
      "options.config.timeout_seconds",
    ]);
  });
});

describe("dispatch.config.json", () => {
  test("is optional, and a problem if it cannot be read", () => {
    expect(readConfigFile(folder)).toBeUndefined();
    const broken = join(folder, "broken");
    mkdirSync(join(broken, "dispatch.config.json"), { recursive: true });
    expect(readConfigFile(broken)).toEqual({
      problem: { file: "dispatch.config.json", message: expect.stringContaining("The configuration cannot be read: EISDIR") },
    });
    const latin = join(folder, "latin");
    mkdirSync(latin);
    writeFileSync(join(latin, "dispatch.config.json"), Buffer.from([0x7b, 0xff, 0x7d]));
    expect(readConfigFile(latin)).toEqual({
      problem: { file: "dispatch.config.json", message: "The configuration cannot be read: it is not UTF-8." },
    });
  });
});

test("the description of an option's values includes its bounds", () => {
  expect(options.map(({ name }) => expectation(name)).join("; ")).toMatch(/1 to 1024.*2,147,483.*0 to 100.*true or false/);
});
