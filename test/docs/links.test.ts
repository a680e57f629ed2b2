import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../support/rig.ts";
import { pages, readPage } from "./pages.ts";

const all = [...pages, "ARCHITECTURE.md", "CHANGELOG.md", "examples/README.md"];

test.each(all)("every link in %s leads to a file and a heading that exist", (path) => {
  const page = readPage(path);
  const broken = page.links.filter(({ text }) => {
    if (/^[a-z]+:/.test(text)) return false;
    const [file = "", anchor] = text.split("#");
    const target = file === "" ? path : join(dirname(path), decodeURI(file));
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !readPage(target).anchors.has(anchor);
  });
  expect(broken.map(({ line, text }) => `${path}:${line}: ${text}`)).toEqual([]);
});
