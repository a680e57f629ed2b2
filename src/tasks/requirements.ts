import { suggest } from "#errors";
import { describeValue } from "./describe-value.ts";

/** The kinds of context requirements, with the argument after the colon. */
export const requirement_kinds = { file: "PATH", pattern: "NAME", rag: "QUERY", structure: "FOLDER" } as const;

const kinds = Object.keys(requirement_kinds);
const known = [...kinds.map((kind) => `${kind}:`), "auto"];

/** Checks the form of a context requirement. Whether anything matches it is known only when context is gathered. */
export function requirementProblem(written: string): { what: string; advice?: string | undefined } | undefined {
  if (written === "auto") return undefined;
  const shown = describeValue(written);
  const colon = written.indexOf(":");
  if (colon === -1) {
    const near = suggest(written, ["auto"], "");
    const advice = near ?? (written.trim() === "" ? undefined : `A file is ${JSON.stringify(`file:${written}`)}.`);
    return { what: `${shown} has no kind: it must start with ${list(known)}`, advice };
  }
  const kind = written.slice(0, colon);
  if (!kinds.includes(kind))
    return { what: `${shown} has the unknown kind ${JSON.stringify(kind)}`, advice: nearestKind(kind) };
  if (written.slice(colon + 1).trim() !== "") return undefined;
  // `kinds` includes it, as checked above.
  const argument = requirement_kinds[kind as keyof typeof requirement_kinds];
  return { what: `${shown} has nothing after the colon`, advice: `Write ${kind}:${argument}.` };
}

function nearestKind(kind: string): string {
  const near = suggest(kind, kinds, "");
  return near ?? `Known: ${list(known)}.`;
}

const list = (words: readonly string[]): string => `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
