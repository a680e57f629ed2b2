import { instance } from "@viz-js/viz";
import { expect, test } from "vitest";
import { drawDot } from "../../../src/reports/index.ts";
import { picture } from "./picture.ts";

test("Graphviz draws every task as a node with its label, and every dependency as an edge", async () => {
  const viz = await instance();
  const drawn = viz.renderJSON(drawDot(picture("a; graph: a; 1.5-x: a graph; node"))) as {
    objects: { name: string }[];
    edges: { tail: number; head: number }[];
  };
  const names = drawn.objects.map(({ name }) => name);
  expect(names).toEqual(["a", "graph", "1.5-x", "node"]);
  expect(drawn.edges.map(({ tail, head }) => `${names[tail]} -> ${names[head]}`)).toEqual([
    "a -> graph",
    "a -> 1.5-x",
    "graph -> 1.5-x",
  ]);
});

test("a description is shown literally and never read as DOT", async () => {
  const description = 'say "hi"\\n &amp; \\"]; evil -> "x\n<b>';
  const viz = await instance();
  const svg = viz.renderString(drawDot(picture("a", () => ({ agent: "command", priority: "medium", description }))), {
    format: "svg",
  });
  expect(svg.match(/<g id="node/g)?.length).toBe(1);
  expect(svg).toContain("say &quot;hi&quot;\\n &amp;amp; \\&quot;]; evil &#45;&gt; &quot;x");
});

test("the critical path is red", () => {
  expect(drawDot(picture("a; b: a; c: a; d: b"))).toMatch(/"a" -> "b" \[color=red.*\n {2}"a" -> "c";/);
});
