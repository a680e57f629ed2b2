import { instance } from "@viz-js/viz";
import { expect, test } from "vitest";
import { drawDot } from "../../../src/reports/index.ts";
import { picture } from "./picture.ts";

test("Graphviz draws it: every task a node with its label, every dependency an edge", async () => {
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

test("what a description holds is shown as it is, and never read as Graphviz's own language", async () => {
  const description = 'say "hi"\\n &amp; \\"]; evil -> "x\n<b>';
  const viz = await instance();
  const svg = viz.renderString(drawDot(picture("a", () => ({ agent: "command", priority: "medium", description }))), {
    format: "svg",
  });
  expect(svg.match(/<g id="node/g)?.length).toBe(1);
  expect(svg).toContain("say &quot;hi&quot;\\n &amp;amp; \\&quot;]; evil &#45;&gt; &quot;x");
});

test("the critical path stands out", () => {
  expect(drawDot(picture("a; b: a; c: a; d: b"))).toMatch(/"a" -> "b" \[color=red.*\n {2}"a" -> "c";/);
});
