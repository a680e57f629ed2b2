/**
 * Returns the table of contents of a Markdown text: a list item with a link for each heading below the title.
 *
 * @param {string} markdown
 * @returns {string}
 */
export function tableOfContents(markdown) {
  /** @type {Map<string, number>} */
  const used = new Map();
  const items = [];
  for (const [, marks = "", title = ""] of withoutCode(markdown).matchAll(/^(#{2,6})[ \t]+(.+?)[ \t#]*$/gm)) {
    const slug = slugOf(title);
    const count = used.get(slug) ?? 0;
    used.set(slug, count + 1);
    items.push(`${"  ".repeat(marks.length - 2)}- [${title}](#${count === 0 ? slug : `${slug}-${count}`})`);
  }
  return items.join("\n");
}

/**
 * Returns the anchor that GitHub gives a heading: `What's new?` becomes `whats-new`.
 *
 * @param {string} title
 */
const slugOf = (title) =>
  title
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Number}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");

/**
 * A line that begins with `#` inside a code block is a comment, not a heading.
 *
 * @param {string} markdown
 */
const withoutCode = (markdown) => markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, "");
