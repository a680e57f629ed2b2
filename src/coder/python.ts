/** Writing Python text: indentation, wrapped prose, literals. */
import type { Field } from "./design.ts";
import { identifier } from "./words.ts";

/** The longest line of generated code, in columns. */
export const line_width = 100;

/** Indents every line that is not empty. */
export const indent = (text: string, by = 4): string => text.replaceAll(/^(?=.)/gm, " ".repeat(by));

/** Breaks prose into lines of at most `width` columns. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}

/** Returns a Python string literal in double quotes. */
export const literal = (text: string): string => JSON.stringify(text).replaceAll(/[\u007f-\uffff]/g, (char) => char);

/** Escapes text for a docstring. */
export const docText = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll('"""', "'''");

/** Returns a Python tuple of strings. */
export function tuple(items: readonly string[]): string {
  const inner = items.map(literal).join(", ");
  return items.length === 1 ? `(${inner},)` : `(${inner})`;
}

/** Returns `NAME = ("a", "b")`, on several lines if it is too long. */
export function assignTuple(name: string, items: readonly string[]): string {
  const line = `${name} = ${tuple(items)}`;
  return line.length <= line_width ? line : `${name} = (\n${items.map((item) => `    ${literal(item)},`).join("\n")}\n)`;
}

/** Returns a call, with its arguments on lines of their own if it does not fit at this depth. */
export function call(head: string, args: readonly string[], depth: number, before = ""): string {
  const line = `${before}${head}(${args.join(", ")})`;
  if (line.length + depth <= line_width) return line;
  const all = args.join(", ");
  if (all.length + depth + 4 <= line_width) return `${before}${head}(\n    ${all}\n)`;
  return `${before}${head}(\n${args.map((arg) => `    ${arg},`).join("\n")}\n)`;
}

/** Returns a valid sample of a field for the self-check, as a Python expression. */
export function sample(field: Field, nth = 1): string {
  const { type, name } = field;
  if (field.choices !== undefined) return literal(field.choices[Math.min(nth, field.choices.length) - 1] ?? "");
  const low = field.minimum === undefined ? undefined : field.minimum.value + (field.minimum.is_exclusive ? 1 : 0);
  const number = Math.min(Math.max(nth, low ?? nth), field.maximum ?? Number.POSITIVE_INFINITY);
  if (type.startsWith("list[")) {
    const inner: Field = { name: `${name}`, type: type.slice(5, -1) as Field["type"], is_optional: false };
    return `[${sample(inner, nth)}, ${sample(inner, nth + 1)}]`;
  }
  switch (type) {
    case "int":
      return String(Math.trunc(number));
    case "float":
      return Number.isInteger(number) ? `${number}.0` : String(number);
    case "Decimal":
      return `Decimal("${Number.isInteger(number) ? `${number}.00` : number}")`;
    case "bool":
      return nth % 2 === 1 ? "True" : "False";
    case "datetime":
      return `datetime(2024, 1, ${nth}, 12, 0, tzinfo=timezone.utc)`;
    case "date":
      return `date(2024, 1, ${nth})`;
    case "bytes":
      return `b"${name}-${nth}"`;
    case "dict[str, Any]":
      return `{"sample": ${nth}}`;
    default:
      return literal(`${name.replaceAll("_", "-")}-${nth}`.slice(0, field.max_length ?? 80));
  }
}

/** Returns `name=value` with a sample of a field. */
export const keyword = (field: Field, nth = 1): string => `${identifier(field.name)}=${sample(field, nth)}`;

const stdlib: readonly (readonly [string, RegExp])[] = [
  ["import argparse", /\bargparse\./],
  ["import asyncio", /\basyncio\./],
  ["import base64", /\bbase64\./],
  ["import csv", /\bcsv\./],
  ["import hashlib", /\bhashlib\./],
  ["import hmac", /\bhmac\./],
  ["import json", /\bjson\./],
  ["import math", /\bmath\./],
  ["import os", /\bos\./],
  ["import re", /\bre\./],
  ["import sqlite3", /\bsqlite3\./],
  ["import statistics", /\bstatistics\./],
  ["import time", /\btime\./],
  ["import urllib.error", /\burllib\.error\./],
  ["import urllib.parse", /\burllib\.parse\./],
  ["import urllib.request", /\burllib\.request\./],
];

const names_from: readonly (readonly [string, readonly string[]])[] = [
  ["collections.abc", ["AsyncIterator", "Awaitable", "Callable", "Iterable", "Mapping"]],
  ["contextlib", ["AbstractAsyncContextManager", "asynccontextmanager"]],
  ["contextvars", ["ContextVar"]],
  ["dataclasses", ["asdict", "dataclass", "field", "replace"]],
  ["datetime", ["date", "datetime", "timezone"]],
  ["decimal", ["Decimal"]],
  ["pathlib", ["Path"]],
  ["typing", ["Any", "Protocol"]],
];

/** Returns the imports that a module's body needs, in the order of PEP 8. */
export function importsFor(body: string): string {
  // Words in docstrings, strings and comments are not uses.
  const code = body
    .replaceAll(/"""[\s\S]*?"""/g, "")
    .replaceAll(/(?<!f)"(?:[^"\\\n]|\\.)*"/g, '""')
    .replaceAll(/#.*$/gm, "");
  const plain = stdlib.filter(([, pattern]) => pattern.test(code)).map(([line]) => line);
  const from = names_from.flatMap(([module, names]) => {
    const used = names.filter((name) => new RegExp(`(?<![\\w.])${name}\\b(?!\\s*(?::(?!=)|=[^=]))`).test(code));
    return used.length === 0 ? [] : [`from ${module} import ${used.join(", ")}`];
  });
  return ["from __future__ import annotations", [...plain, ...from].join("\n")].join("\n\n");
}

/** Breaks a line of code that is too long at its brackets, and puts their contents on lines of their own. */
export function foldLine(line: string): string {
  if (line.length <= line_width) return line;
  const pad = line.match(/^ */)?.[0] ?? "";
  const doc = line.match(/^ *"""(.*)"""$/)?.[1];
  if (doc !== undefined) return `${pad}"""${wrap(doc, line_width - pad.length - 3).join(`\n${pad}`)}\n${pad}"""`;
  const brackets = tokensOf(line);
  const open = (brackets.find(({ text }) => text === "(") ?? brackets.find(({ text }) => /^[[{]$/.test(text)))?.at ?? -1;
  const close = open < 0 ? -1 : matching(line, open);
  if (close < 0) return line;
  const inner = line.slice(open + 1, close);
  const body = `${pad}    ${inner}`;
  const parts = body.length <= line_width ? [body] : splitArguments(inner).map((part) => foldLine(`${pad}    ${part},`));
  const tail = foldLine(`${pad}${line.slice(close)}`);
  return [line.slice(0, open + 1), ...parts, tail].join("\n");
}

/** Returns the position of the bracket that closes the one at `open`, ignoring strings; -1 if there is none. */
function matching(line: string, open: number): number {
  let depth = 0;
  for (const { text, at } of tokensOf(line)) {
    if (at < open) continue;
    if (/^[([{]$/.test(text)) depth++;
    if (/^[)\]}]$/.test(text) && --depth === 0) return at;
  }
  return -1;
}

function splitArguments(inner: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { text, at } of tokensOf(inner)) {
    if (/^[([{]$/.test(text)) depth++;
    else if (/^[)\]}]$/.test(text)) depth--;
    else if (text === "," && depth === 0) {
      parts.push(inner.slice(start, at).trim());
      start = at + 1;
    }
  }
  return [...parts, inner.slice(start).trim()].filter((part) => part !== "");
}

const tokensOf = (line: string): { text: string; at: number }[] =>
  [...line.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[()[\]{},]/g)].map((match) => ({ text: match[0], at: match.index }));
