import { expect, test } from "vitest";
import { drawMermaid } from "../../../src/reports/index.ts";
import { picture } from "./picture.ts";

test("draws a node per task and an edge per dependency, and marks the critical path", () => {
  expect(
    drawMermaid(picture("a; b: a; c: a", () => ({ agent: "command", description: "", priority: "medium", expected_ms: 1500 }))),
  ).toBe(
    `flowchart LR
  t0["a<br/>command, 1.5 s"]
  t1["b<br/>command, 1.5 s"]
  t2["c<br/>command, 1.5 s"]
  t0 --> t1
  t0 --> t2
  classDef critical stroke:#d33,stroke-width:3px
  class t0,t1 critical
  linkStyle 0 stroke:#d33,stroke-width:3px
`,
  );
});

test("names that Mermaid reserves are only labels", () => {
  const text = drawMermaid(picture("end; subgraph: end; o--x: subgraph; class"));
  expect(text.match(/^ {2}t\d\["/gm)?.length).toBe(4);
  expect(text.match(/^ {2}t\d --> t\d$/gm)).toEqual(["  t0 --> t1", "  t1 --> t2"]);
});

test("a label cannot break out of its quotes", () => {
  const text = drawMermaid(
    picture("a", () => ({ agent: '"]; x --> y %% <img src=x> `b` \\ #35; \n z', description: "", priority: "medium" })),
  );
  expect(text.split("\n")[1]).toBe(
    '  t0["a<br/>#34;#93;#59; x --#62; y #37;#37; #60;img src#61;x#62; #96;b#96; #92; #35;35#59; z"]',
  );
});

test("a graph above Mermaid's limit has a comment about it", () => {
  const wide = ["root", ...Array.from({ length: 600 }, (_, i) => `t${i}: root`)].join("; ");
  expect(drawMermaid(picture(wide))).toContain("%% More than 500 dependencies");
});
