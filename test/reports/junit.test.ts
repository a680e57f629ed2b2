import fc from "fast-check";
import { SaxesParser } from "saxes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderReport } from "../../src/reports/report.ts";
import { writeXml } from "../../src/reports/xml.ts";
import type { RecordedRun } from "../../src/traces/index.ts";
import { interruptedRun, killedRun, mixedRun } from "../support/recorded.ts";
import { Rig } from "../support/rig.ts";

interface Node {
  name: string;
  attributes: Record<string, string>;
  children: Node[];
  text: string;
}

/** Reads XML with a strict parser; throws if it is not well-formed. */
function parse(xml: string): Node {
  const root: Node = { name: "", attributes: {}, children: [], text: "" };
  const path = [root];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const node: Node = { name, attributes, children: [], text: "" };
    path.at(-1)?.children.push(node);
    path.push(node);
  });
  parser.on("text", (text) => {
    const node = path.at(-1);
    if (node !== undefined) node.text += text;
  });
  parser.on("closetag", () => void path.pop());
  parser.write(xml).close();
  const [first] = root.children;
  if (first === undefined) throw new Error("There is no root element");
  return first;
}

test("any text survives as text and as an attribute, except characters that XML cannot hold", () => {
  const unit = fc.oneof(
    fc.constantFrom("]]>", "<", "&", '"', "'", "\r\n", "\r", "\t", "\n", "\0", "\u001b[31m", "\uFFFE", "\uD800", "&#0;"),
    fc.string({ unit: "binary", maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      const { attributes, text: content } = parse(writeXml({ name: "a", attributes: { b: text }, children: [text] }));
      const expected = text.replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\uFFFD");
      expect(content).toBe(expected);
      expect(attributes["b"]).toBe(expected);
    }),
  );
});

describe("the JUnit report of a run", () => {
  const rig = new Rig();
  let run: RecordedRun;
  let suite: Node;
  const testCase = (name: string): Node => {
    const found = suite.children.find((node) => node.attributes["name"] === name);
    if (found === undefined) throw new Error(`There is no test case ${name}`);
    return found;
  };
  const child = (node: Node, name: string): Node | undefined => node.children.find((one) => one.name === name);

  beforeAll(async () => {
    run = await mixedRun(rig);
    const root = parse(renderReport("junit", run));
    expect(root.name).toBe("testsuites");
    expect(root.attributes).toMatchObject({ tests: "8", failures: "4", errors: "0", skipped: "2" });
    const [only] = root.children;
    if (only === undefined) throw new Error("There is no test suite");
    suite = only;
  });
  afterAll(() => rig.close());

  test("a suite per run with its properties, a case per task in the file's order", () => {
    expect(suite.attributes).toMatchObject({ id: run.folder.run_id, tests: "8", failures: "4", errors: "0", skipped: "2" });
    expect(suite.attributes["timestamp"]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    const properties = child(suite, "properties")?.children.map((node) => [node.attributes["name"], node.attributes["value"]]);
    expect(properties).toContainEqual(["run_id", run.folder.run_id]);
    const cases = suite.children.filter((node) => node.name === "testcase");
    expect(cases.map((node) => node.attributes["name"])).toEqual(run.traces.map((trace) => trace.task_id));
    expect(cases.map((node) => Number(node.attributes["time"]) * 1000)).toEqual(
      run.result.results.map((row) => row.execution_time_ms),
    );
  });

  test("a failure has its kind, its cause, the tasks skipped because of it and the ends of its logs", () => {
    const failure = child(testCase("check"), "failure");
    expect(failure?.attributes).toEqual({ message: "The command exited with 3: bad thing", type: "exit" });
    expect(failure?.text).toContain("Skipped because of it: deploy, announce");
    expect(child(testCase("check"), "system-out")?.text).toBe("checking\n");
    expect(child(testCase("check"), "system-err")?.text).toBe("bad thing\n");
    expect(child(testCase("proved"), "failure")?.attributes["type"]).toBe("verify");
    expect(child(testCase("proved"), "system-out")?.text).toContain("[verify]\n$ echo looking; exit 4\nlooking\n");
  });

  test("a dependent of a failed task is skipped and names that task", () => {
    expect(child(testCase("announce"), "skipped")?.attributes["message"]).toContain("check");
    expect(testCase("announce").children.map((node) => node.name)).toEqual(["skipped"]);
  });

  test("a success after a retry is marked as flaky", () => {
    const flaky = testCase("flaky");
    expect(flaky.children.map((node) => node.name)).toEqual(["flakyFailure", "system-out"]);
    expect(child(flaky, "flakyFailure")?.attributes).toEqual({ message: "The command exited with 7.", type: "exit" });
    expect(testCase("build").children.map((node) => node.name)).toEqual(["system-out"]);
  });
});

test("interrupted and killed runs have errors", async () => {
  await using interrupted = new Rig();
  expect(parse(renderReport("junit", await interruptedRun(interrupted))).attributes).toMatchObject({ tests: "2", errors: "2" });
  await using killed = new Rig();
  expect(parse(renderReport("junit", await killedRun(killed))).attributes).toMatchObject({ tests: "3", errors: "2" });
});
