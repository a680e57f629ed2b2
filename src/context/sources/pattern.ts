import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Redactor } from "#secrets";
import { languageOf, readShown, readText, type Workspace } from "#workspace";
import type { Finding, Source } from "../item.ts";
import { builtInPattern, builtin_names } from "../patterns/index.ts";
import { rankFiles } from "../relevance.ts";

/** Folder of a project's own patterns, which override the built-in ones. */
const folder = ".dispatch/patterns";

/** Maximum number and length of the code examples for a name without a pattern. */
const max_examples = 3;
const max_characters = 6000;

/** Finds `pattern:` keys: the project's own patterns, then built-in ones, then code of the project with a matching name. */
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
    return { key, missing: "a pattern name may contain only letters, digits, `.`, `_` and `-`" };
  }
  return (
    (await ownPattern(key, name, workspace, redactor)) ?? builtIn(key, name) ?? (await examples(key, name, workspace, redactor))
  );
}

async function ownPattern(key: string, name: string, workspace: Workspace, redactor: Redactor): Promise<Finding | undefined> {
  const names = await readdir(join(workspace.root, folder)).catch(() => []);
  const file = names.sort().find((one) => one === name || one.replace(/\.\w+$/, "") === name);
  if (file === undefined) return undefined;
  const resolved = await workspace.resolve(`${folder}/${file}`);
  if ("refused" in resolved) return { key, missing: `${folder}/${file}: ${resolved.refused}` };
  const read = await readShown(resolved.absolute, redactor);
  if (read.type !== "text") return { key, missing: `${folder}/${file}: ${read.type === "binary" ? "it is binary" : read.why}` };
  const metadata = { source: "workspace", path: `${folder}/${file}`, bytes: read.bytes };
  return { key, items: [{ key, type: "pattern", content: asContent(file, read.text), metadata, stamp: read.stamp }] };
}

/** Parses a JSON object; any other pattern is text. */
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
    const resolved = await workspace.resolve(file);
    const read = "refused" in resolved ? undefined : readText(resolved.absolute);
    // Secrets are masked before the text is cut, because half a secret is not recognized.
    if (read?.type === "text") found.push({ path: file, code: firstLines(await redactor.redact(read.text)) });
  }
  if (found.length === 0) {
    return {
      key,
      missing: `no such pattern in ${folder}, and no code with that name; built-in patterns: ${builtin_names.join(", ")}`,
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
