import { effects, ofGerund, readClauses } from "./clauses.ts";
import type { Step } from "./design.ts";
import { splitList } from "./field-lists.ts";
import { baseForm, singular, snake } from "./words.ts";

/** Where a sentence begins to speak of what happens when a step fails. */
const failure =
  /(?:,|;|\band\b|\bbut\b)?\s*\b(?:if (?:an?y?|one|the|either|some)?\b[^,.;:]*\bfail\w*|if [^,.;:]*\bfail\w*|(?:on|upon|in case of|after) (?:an?y? )?(?:\w+ )?(?:failure|error)|when(?:ever)? [^,.;:]*\bfail\w*|with (?:the )?compensations?|compensat(?:es?|ing|ions?)|roll(?:s|ing)? back|undo(?:es|ing)?)\b/i;

/** The ordered steps that an orchestrator's contract lists, and what undoes each. */
export function readSteps(text: string): Step[] {
  const flat = text.replaceAll(/\s+/g, " ").replace(/^.*?\bnode\b(?: that| which| to| for)?\s*/i, "");
  const numbered = [...flat.matchAll(/(?:^|[\s:;,])\(?\d+[.)]\s+(.+?)(?=[\s;,]\s*\(?\d+[.)]\s|[.;](?:\s|$)|$)/g)].map(
    (match) => match[1] ?? "",
  );
  const sentences = flat.split(/(?<=[.;])\s+/);
  const happy: string[] = [];
  const undo: string[] = [];
  for (const sentence of sentences) {
    const at = sentence.search(failure);
    if (at < 0) {
      if (
        !/^(?:it |the node )?(?:must|should|returns?|retr|times? out|takes?|accepts?|inputs?|outputs?|fields?)\b/i.test(
          sentence,
        )
      )
        happy.push(sentence);
      continue;
    }
    if (sentence.slice(0, at).trim() !== "") happy.push(sentence.slice(0, at));
    undo.push(sentence.slice(at).replace(failure, " "));
  }
  const phrases = numbered.length > 1 ? numbered : happy.flatMap(phrasesOf);
  const steps: Step[] = [];
  for (const phrase of phrases) {
    const inline = phrase.match(/\((?:compensat\w+|undo\w*|rollback|rolled back|reverted)(?: by| with|:)?\s*([^)]+)\)/i)?.[1];
    const name = actionName(phrase.replaceAll(/\([^)]*\)/g, " "));
    if (name === undefined || steps.some((step) => step.name === name)) continue;
    const named = inline === undefined ? undefined : actionName(inline);
    steps.push({ name, compensation: named ?? `undo_${name}`, is_named: named !== undefined });
  }
  const actions = undo
    .flatMap((part) => splitList(part.replace(/^[\s,:]*(?:the )?(?:node |it )?(?:must |should |by |with )?/i, "")))
    .flatMap((phrase) => actionName(phrase) ?? []);
  match(steps, actions);
  return steps;
}

/** The phrases of one sentence that each name a step. */
function phrasesOf(sentence: string): string[] {
  const clean = sentence.replace(/[.;]+$/, "");
  const list =
    clean.match(/:\s*(.+)$/)?.[1] ??
    clean.match(/\bby (?=[a-z]+ing\b)(.+)$/i)?.[1] ??
    clean.match(/\b(?:steps|sequence)(?: of)? (.+)$/i)?.[1];
  if (list !== undefined) return splitSteps(list);
  const { clauses } = readClauses(`that ${clean}`, true);
  return clauses.map(({ verb, text }) => `${verb} ${text}`.replace(/(?:,|\band\b|\bthen\b|\s)+$/i, ""));
}

const splitSteps = (list: string): string[] =>
  splitList(
    list.replaceAll(/\s*(?:->|→|,? ?\b(?:and )?(?:then|finally|next|after that|followed by|lastly)\b,?)\s*/gi, ", "),
  ).filter((one) => one.trim() !== "");

const stop =
  /^(?:an?|the|its|their|each|all|any|to|in|on|for|with|from|via|of|into|by|at|that|which|using|through|when|if|as|so|once|customer's|user's|and|or|back|them|it)$/i;

/** `reserving the inventory` -> `reserve_inventory`. */
function actionName(phrase: string): string | undefined {
  const words =
    phrase
      .trim()
      .replace(/^(?:(?:first|then|next|finally|also|it|the node|must|should|will|to|by|and|step|\d+[.:)]?)\s+)+/i, "")
      .match(/[A-Za-z][\w'-]*/g) ?? [];
  const [first, ...rest] = words;
  if (first === undefined) return undefined;
  const lower = first.toLowerCase();
  const verb =
    ofGerund(lower) ??
    (effects.has(lower) ? lower : lower.endsWith("s") ? baseForm(lower) : lower.endsWith("ing") ? lower.slice(0, -3) : lower);
  const object: string[] = [];
  for (const word of rest) {
    if (stop.test(word)) {
      if (object.length > 0) break;
      continue;
    }
    object.push(word);
    if (object.length === 2) break;
  }
  const name = snake([verb, ...object].join(" "));
  return name === "" ? undefined : name;
}

/** Each compensation goes to the step that it shares its object with; what is left, in reverse order. */
function match(steps: Step[], actions: readonly string[]): void {
  const left: string[] = [];
  const wordsOf = (name: string): string[] => name.split("_").slice(1).map(singular);
  for (const action of actions) {
    const objects = wordsOf(action);
    const step = steps.find((one) => !one.is_named && wordsOf(one.name).some((word) => objects.includes(word)));
    if (
      step !== undefined &&
      action !== step.name &&
      !/^(?:complete|previous|earlier|done|step)/.test(objects[0] ?? "complete")
    )
      Object.assign(step, { compensation: action, is_named: true });
    else if (known_undo[action.split("_")[0] ?? ""] !== undefined) left.push(action);
  }
  for (const action of left) {
    const undoes = known_undo[action.split("_")[0] ?? ""] ?? [];
    const step = steps.findLast((one) => !one.is_named && undoes.includes(one.name.split("_")[0] ?? ""));
    if (step !== undefined) Object.assign(step, { compensation: action, is_named: true });
  }
}

/** Verbs that undo others. */
const known_undo: Readonly<Record<string, readonly string[]>> = {
  refund: ["charge", "capture", "pay", "debit", "collect", "bill"],
  release: ["reserve", "hold", "allocate", "lock", "book", "authorize"],
  cancel: ["book", "schedule", "create", "order", "place", "ship", "reserve", "request"],
  delete: ["create", "upload", "provision", "store", "add", "insert"],
  remove: ["create", "add", "insert", "upload"],
  void: ["authorize", "charge", "issue"],
  unlock: ["lock"],
  restore: ["delete", "remove", "update"],
  credit: ["debit"],
  deprovision: ["provision"],
  revoke: ["grant", "issue", "assign"],
};
