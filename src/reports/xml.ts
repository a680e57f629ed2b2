/** An element; `undefined` attributes and children are left out. */
export interface XmlElement {
  name: string;
  attributes?: Readonly<Record<string, string | number | undefined>>;
  children?: readonly (XmlElement | string | undefined)[];
}

/** Writes an XML 1.0 document, indented where that adds nothing to a text. */
export function writeXml(root: XmlElement): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  writeElement(root, "", lines);
  return `${lines.join("\n")}\n`;
}

function writeElement(element: XmlElement, indent: string, lines: string[]): void {
  const attributes = Object.entries(element.attributes ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [` ${name}="${escapeAttribute(String(value))}"`],
  );
  const children = (element.children ?? []).filter((child) => child !== undefined);
  const start = `${indent}<${element.name}${attributes.join("")}`;
  if (children.length === 0) {
    lines.push(`${start}/>`);
  } else if (children.every((child) => typeof child === "string")) {
    lines.push(`${start}>${children.map(escapeXml).join("")}</${element.name}>`);
  } else {
    lines.push(`${start}>`);
    for (const child of children) {
      if (typeof child === "string") lines.push(escapeXml(child));
      else writeElement(child, `${indent}  `, lines);
    }
    lines.push(`${indent}</${element.name}>`);
  }
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;" };

/** Characters that XML 1.0 cannot hold, not even as a reference: https://www.w3.org/TR/xml/#charsets. */
const not_xml = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

/** Text as XML; what XML cannot hold becomes U+FFFD. `]]>` is safe, since every `>` is escaped. */
export const escapeXml = (text: string): string =>
  text.replaceAll(not_xml, "\uFFFD").replaceAll(/[&<>"\r]/g, (character) => entities[character] ?? character);

/** An attribute's value: a parser would turn its tabs and newlines into spaces. */
const escapeAttribute = (text: string): string => escapeXml(text).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
