import assert from "node:assert/strict";
import { test } from "node:test";
import { tableOfContents } from "./toc.mjs";

test("links every heading, indented by its level", () => {
  assert.equal(tableOfContents("# Title\n\n## One\n\n### Two\n"), "- [One](#one)\n  - [Two](#two)");
});

test("makes the anchors that GitHub makes", () => {
  assert.equal(tableOfContents("## What's new?\n## What's new?"), "- [What's new?](#whats-new)\n- [What's new?](#whats-new-1)");
});

test("ignores code blocks", () => {
  assert.equal(tableOfContents("```sh\n## a comment\n```\n"), "");
});
