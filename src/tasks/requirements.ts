import { describeValue, suggest } from "./names.ts";

/** What a context requirement may begin with, and what stands behind the colon. */
export const requirement_kinds = { file: "PATH", pattern: "NAME", rag: "QUERY", structure: "FOLDER" } as const;

const kinds = Object.keys(requirement_kinds);
const known = [...kinds.map((kind) => `${kind}:`), "auto"];

/** What is wrong with how a context requirement is written; whether it brings something only gathering tells. */
export function requirementProblem(written: string): { what: string; advice?: string | undefined } | undefined {
  if (written === "auto") return undefined;
  const shown = describeValue(written);
  const colon = written.indexOf(":");
  if (colon === -1) {
    const near = suggest(written, ["auto"], "");
    const advice = near ?? (written.trim() === "" ? undefined : `A file is ${JSON.stringify(`file:${written}`)}.`);
    return { what: `${shown} has no kind: it must begin with ${list(known)}`, advice };
  }
  const kind = written.slice(0, colon);
  if (!kinds.includes(kind))
    return { what: `${shown} has the unknown kind ${JSON.stringify(kind)}`, advice: nearestKind(kind) };
  if (written.slice(colon + 1).trim() !== "") return undefined;
  // The check above has told that it is one of them.
  return { what: `${shown} names nothing: give ${kind}:${requirement_kinds[kind as keyof typeof requirement_kinds]}` };
}

function nearestKind(kind: string): string {
  const near = suggest(kind, kinds, "");
  return near ?? `Known: ${list(known)}.`;
}

const list = (words: readonly string[]): string => `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
