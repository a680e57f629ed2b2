import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Redactor } from "#secrets";
import type { Finding, Source } from "../item.ts";
import { languageOf } from "../languages.ts";
import { builtInPattern, builtin_names } from "../patterns/index.ts";
import { readShown, readText } from "../read.ts";
import { rankFiles } from "../relevance.ts";
import type { Workspace } from "../workspace.ts";

/** Where a project keeps patterns of its own; they win over those that dispatch brings. */
const folder = ".dispatch/patterns";

/** How many examples are shown of a name that nobody has written a pattern for, and how much of each. */
const max_examples = 3;
const max_characters = 6000;

/** `pattern:` keys: the project's own, then the built-in ones, then code of the project whose name fits. */
export function patternSource({ redactor }: { redactor: Redactor }): Source {
  return {
    async gather(keys, workspace, signal) {
      const findings: Finding[] = [];
      for (const key of keys) {
        signal.throwIfAborted();
        findings.push(await findPattern(key, workspace, redactor));
      }
      return findings;
    },
  };
}

async function findPattern(key: string, workspace: Workspace, redactor: Redactor): Promise<Finding> {
  const name = key.slice("pattern:".length);
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(name)) {
    return { key, missing: "a pattern's name has letters, digits, `.`, `_` and `-`" };
  }
  return (
    (await ownPattern(key, name, workspace, redactor)) ?? builtIn(key, name) ?? (await examples(key, name, workspace, redactor))
  );
}

async function ownPattern(key: string, name: string, workspace: Workspace, redactor: Redactor): Promise<Finding | undefined> {
  const names = await readdir(join(workspace.root, folder)).catch(() => []);
  const file = names.sort().find((one) => one === name || one.replace(/\.\w+$/, "") === name);
  if (file === undefined) return undefined;
  const place = await workspace.place(`${folder}/${file}`);
  if ("refused" in place) return { key, missing: `${folder}/${file}: ${place.refused}` };
  const read = await readShown(place.absolute, redactor);
  if (read.type !== "text") return { key, missing: `${folder}/${file} ${read.type === "binary" ? "is binary" : read.why}` };
  const metadata = { source: "workspace", path: `${folder}/${file}`, bytes: read.bytes };
  return { key, items: [{ key, type: "pattern", content: asContent(file, read.text), metadata, stamp: read.stamp }] };
}

/** A pattern in JSON is an object for whoever uses it; anything else is text. */
function asContent(file: string, text: string): string | Record<string, unknown> {
  if (!file.endsWith(".json")) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : text;
  } catch {
    return text;
  }
}

function builtIn(key: string, name: string): Finding | undefined {
  const pattern = builtInPattern(name);
  if (pattern === undefined) return undefined;
  return {
    key,
    items: [{ key, type: "pattern", content: { ...pattern }, metadata: { source: "built-in", name: pattern.name } }],
  };
}

async function examples(key: string, name: string, workspace: Workspace, redactor: Redactor): Promise<Finding> {
  const { files } = await workspace.list();
  const code = files.filter((file) => languageOf(file) !== undefined && !/\.(?:md|json|ya?ml|rst|xml|html|css)$/.test(file));
  const found: { path: string; code: string }[] = [];
  for (const { file } of rankFiles(name, code, max_examples * 2)) {
    if (found.length === max_examples) break;
    const place = await workspace.place(file);
    const read = "refused" in place ? undefined : readText(place.absolute);
    // Half a secret is not known for one: it goes before the text is cut.
    if (read?.type === "text") found.push({ path: file, code: firstLines(await redactor.redact(read.text)) });
  }
  if (found.length === 0) {
    return {
      key,
      missing: `there is no such pattern in ${folder}, and no code of that name; built in are ${builtin_names.join(", ")}`,
    };
  }
  return {
    key,
    items: [
      {
        key,
        type: "pattern",
        content: { name, examples: found },
        metadata: { source: "examples", paths: found.map(({ path }) => path) },
      },
    ],
  };
}

function firstLines(text: string): string {
  if (text.length <= max_characters) return text;
  const end = text.lastIndexOf("\n", max_characters);
  return `${text.slice(0, end === -1 ? max_characters : end)}\n…`;
}
