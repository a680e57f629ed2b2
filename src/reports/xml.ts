/** An XML element; `undefined` attributes and children are omitted. */
export interface XmlElement {
  name: string;
  attributes?: Readonly<Record<string, string | number | undefined>>;
  children?: readonly (XmlElement | string | undefined)[];
}

/** Writes an XML 1.0 document; elements with text are not indented, so that the text stays unchanged. */
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

/** Escapes text for XML; invalid characters become U+FFFD. `]]>` is safe because every `>` is escaped. */
export const escapeXml = (text: string): string =>
  text.replaceAll(not_xml, "\uFFFD").replaceAll(/[&<>"\r]/g, (character) => entities[character] ?? character);

/** Escapes an attribute's value, where a parser would turn tabs and newlines into spaces. */
const escapeAttribute = (text: string): string => escapeXml(text).replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
