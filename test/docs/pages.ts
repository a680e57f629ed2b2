/** Reads the pages for users: their commands, code blocks, links and anchors. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Node, Parser } from "commonmark";
import { root } from "../support/rig.ts";

const folder = join(root, "docs");

/** README.md and the pages in docs/, as paths from the root of the project. */
export const pages: readonly string[] = [
  "README.md",
  ...(existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `docs/${name}`),
];

/** Something on a page, with its line. */
export interface Piece {
  line: number;
  text: string;
}

/** What tests look at on a page. */
export interface Page {
  /** Lines of `sh` blocks without their comments, then `dispatch …` in the text; each once. */
  commands: Piece[];
  /** The text of blocks in a language. */
  blocks(language: string): Piece[];
  /** Targets of links and images. */
  links: Piece[];
  /** What `#…` can name. */
  anchors: ReadonlySet<string>;
}

/** Parses a page. */
export function readPage(path: string): Page {
  const blocks: (Piece & { language: string })[] = [];
  const code: Piece[] = [];
  const links: Piece[] = [];
  const headings: string[] = [];
  const walker = new Parser().parse(readFileSync(join(root, path), "utf8")).walker();
  let line = 1;
  for (let step = walker.next(); step !== null; step = walker.next()) {
    const { node, entering } = step;
    line = node.sourcepos?.[0][0] ?? line;
    const text = node.literal ?? "";
    if (!entering) continue;
    if (node.type === "code_block") blocks.push({ line, text, language: node.info ?? "" });
    if (node.type === "code") code.push({ line, text: text.replaceAll(/\s+/g, " ") });
    if (node.type === "heading") headings.push(textOf(node));
    if (node.type === "link" || node.type === "image") links.push({ line, text: node.destination ?? "" });
    if (node.type === "html_block" || node.type === "html_inline")
      for (const [, target = ""] of text.matchAll(/(?:src|srcset|href)="([^"]+)"/g)) links.push({ line, text: target });
  }
  const scripts = blocks.filter(({ language }) => language === "sh").flatMap(({ line, text }) => linesOf(text, line + 1));
  return {
    commands: onlyOnce([...scripts, ...code.filter(({ text }) => text.startsWith("dispatch "))]),
    blocks: (language) => blocks.filter((block) => block.language === language),
    links,
    anchors: anchorsOf(headings),
  };
}

/** The commands of a script: a comment is no part of one, and a backslash joins two lines. */
function linesOf(script: string, first: number): Piece[] {
  const lines: Piece[] = [];
  let joined = "";
  for (const [index, text] of script.split("\n").entries()) {
    joined += text.replace(/(^|\s+)# .*/, "").trim();
    if (joined.endsWith("\\")) {
      joined = joined.slice(0, -1);
      continue;
    }
    if (joined !== "") lines.push({ line: first + index, text: joined });
    joined = "";
  }
  return lines;
}

const onlyOnce = (pieces: readonly Piece[]): Piece[] =>
  pieces.filter(({ text }, at) => pieces.findIndex((other) => other.text === text) === at);

function textOf(heading: Node): string {
  const walker = heading.walker();
  let text = "";
  for (let step = walker.next(); step !== null; step = walker.next()) text += step.node.literal ?? "";
  return text;
}

/** As GitHub makes them: `What's new?` becomes `whats-new`, and `whats-new-1` the second time. */
function anchorsOf(headings: readonly string[]): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const heading of headings) {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number}\s_-]/gu, "")
      .replaceAll(/\s/g, "-");
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
