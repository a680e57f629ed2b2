import { effects, readClauses, verbOfGerund } from "./clauses.ts";
import type { Step } from "./design.ts";
import { splitList } from "./field-lists.ts";
import { baseForm, baseOfGerund, singular, snake } from "./words.ts";

/** The start of a clause about a failed step. */
const failure_clause =
  /(?:,|;|\band\b|\bbut\b)?\s*\b(?:should (?:one|any|either|some|an?y?|the|it)\b[^,.;:]*\bfail\w*|if (?:an?y?|one|the|either|some)?\b[^,.;:]*\bfail\w*|if [^,.;:]*\bfail\w*|(?:on|upon|in case of|after) (?:an?y? )?(?:\w+ )?(?:failure|error)|when(?:ever)? [^,.;:]*\bfail\w*|with (?:the )?compensations?|compensat(?:es?|ing|ions?)|roll(?:s|ing)? back|undo(?:es|ing)?)\b/i;

/** Sentences about the node's inputs or behaviour rather than a step. */
const non_step_sentence =
  /^(?:(?:it|we|you|the node|this node|callers?|the callers?|(?:the |an? |each |its )?(?:inputs?|requests?|fields?|parameters?|results?|outputs?)) )?(?:(?:must|should|will|can) )?(?:takes?|needs?|gets?|pass(?:es)?|has|have|receives?|accepts?|requires?|carr(?:y|ies)|contains?|consists?|holds?|expects?|is given|are given|returns?|gives?|is made|retr\w+|times? out|must|should|inputs?|outputs?|fields?|parameters?)\b|^(?:inputs?|fields?|parameters?|outputs?|returns?|given)\b[^:]*:|\b(?:is|are) (?:optional|required|an? \w+|strings?|integers?)$/i;

/** Reads the ordered steps of an orchestrator's contract, with their compensations. */
export function readSteps(text: string): Step[] {
  const named = text.replace(/^.*?\bnode\b(?: that| which| to| for)?\s*/i, "");
  const lines = [...named.matchAll(/^\s*(?:[-*•]|\(?(?:step )?\d+[.):])\s+(.+?)[.;,]?\s*$/gim)].map((match) => match[1] ?? "");
  const flat = named.replaceAll(/\s+/g, " ");
  const numbered = [
    ...flat.matchAll(
      /(?:^|[\s:;,])\(?(?:step )?\d+[.):]\s+(.+?)(?=[\s;,.]\s*(?:and )?(?:then )?\(?(?:step )?\d+[.):]\s|[.;](?:\s|$)|$)/gi,
    ),
  ].map((match) => match[1] ?? "");
  const step_sentences: string[] = [];
  const undo: string[] = [];
  for (const sentence of flat.split(/(?<=[.;])\s+/)) {
    const at = sentence.search(failure_clause);
    if (at < 0) {
      if (!non_step_sentence.test(sentence.replace(/[.;]+$/, ""))) step_sentences.push(sentence);
      continue;
    }
    if (sentence.slice(0, at).trim() !== "" && !non_step_sentence.test(sentence.slice(0, at)))
      step_sentences.push(sentence.slice(0, at));
    undo.push(sentence.slice(at).replace(failure_clause, " "));
  }
  const steps: Step[] = [];
  for (const phrase of listedSteps(lines, numbered, step_sentences)) {
    const inline = phrase.match(
      /\((?:compensat\w+|undo\w*|rollback|rolled back|reverted|reversed|else|otherwise)(?: by| with|:)?\s*([^)]+)\)/i,
    )?.[1];
    const name = actionName(phrase.replaceAll(/\([^)]*\)/g, " "));
    if (name === undefined || steps.some((step) => step.name === name)) continue;
    const undoing = inline === undefined ? undefined : actionName(withObject(inline, name));
    steps.push({ name, compensation: undoing ?? `undo_${name}`, is_named: undoing !== undefined });
  }
  // Compensations such as `reserving the stock is undone by releasing it`.
  for (const [, what = "", by = ""] of flat.matchAll(
    /([^,.;:]+?),? (?:(?:is|are|gets?) )?(?:undone|compensated|reverted|rolled back|reversed|cancelled out) (?:by|with) ([^,.;]+?)(?=,| and [^,.;]+? (?:(?:is|are) )?(?:undone|compensated|reverted|rolled back|reversed)|[.;]|$)/gi,
  )) {
    const words = (actionName(what.replace(/^.*\b(?:and|but)\s+/i, "")) ?? "").split("_");
    const step =
      steps.find(({ name }) => name.split("_")[0] === words[0]) ??
      steps.find(({ name }) =>
        name
          .split("_")
          .slice(1)
          .some((word) => words.includes(word)),
      );
    const undoing = step === undefined ? undefined : actionName(withObject(by, step.name));
    if (step !== undefined && undoing !== undefined) Object.assign(step, { compensation: undoing, is_named: true });
  }
  const actions = undo
    .flatMap((part) =>
      withVerbs(
        splitList(part.replace(/^.*?:\s*/, "").replace(/^[\s,:]*(?:the )?(?:node |it )?(?:must |should |by |with )?/i, "")),
      ),
    )
    .flatMap((phrase) => actionName(phrase) ?? []);
  matchCompensations(steps, actions);
  return steps;
}

/** Repeats the verb for each object: `delete the page and the file` deletes both. */
function withVerbs(phrases: readonly string[]): string[] {
  let verb = "";
  return phrases.map((phrase) => {
    if (/^(?:the|an?|its|their)\s/i.test(phrase) && verb !== "") return `${verb} ${phrase}`;
    verb = phrase.match(/^(?:then |finally |and )?([A-Za-z]+)/i)?.[1] ?? verb;
    return phrase;
  });
}

/** Replaces a pronoun by the step's object: `releasing it`, for `reserve_stock`, is `releasing stock`. */
const withObject = (phrase: string, step: string): string =>
  phrase.replace(/\b(?:it|them|that|this)\b/i, step.split("_").slice(1).join(" "));

/** Returns one phrase per step, from the most explicit list in the contract. */
function listedSteps(lines: readonly string[], numbered: readonly string[], happy: readonly string[]): readonly string[] {
  if (lines.length > 1) return lines;
  if (numbered.length > 1) return numbered;
  const clean = happy.map((sentence) =>
    sentence
      .replace(/[.;,]+$/, "")
      .replace(/^(?:in order )?to [^,:]+, /i, "")
      .trim(),
  );
  const arrows = clean.find((sentence) => /->|→|=>/.test(sentence));
  if (arrows !== undefined) return splitSteps(arrows.replace(/^[^:]*:\s*(?=[^:]*(?:->|→|=>))/, ""));
  // `First …, then …` may span several sentences.
  const first = clean.findIndex((sentence) => /^(?:first|firstly|to begin with|it (?:first|begins|starts))\b/i.test(sentence));
  if (first >= 0) {
    const chain = clean
      .slice(first)
      .filter(
        (sentence, i) =>
          i === 0 || /^(?:then|next|after that|afterwards|finally|lastly|second|third|fourth|last)\b/i.test(sentence),
      );
    return chain.flatMap(splitSteps);
  }
  const colon = clean.find((sentence) => /:\s*\S/.test(sentence) && splitSteps(sentence.replace(/^[^:]*:\s*/, "")).length > 1);
  if (colon !== undefined) return splitSteps(colon.replace(/^[^:]*:\s*/, ""));
  const by = clean.flatMap(
    (sentence) => sentence.match(/\b(?:by (?=[a-z]+ing\b)|(?:steps|sequence)(?: of| are)? )(.+)$/i)?.[1] ?? [],
  )[0];
  if (by !== undefined) return splitSteps(by);
  const then = clean.find((sentence) => /,? (?:and )?then\b/i.test(sentence));
  if (then !== undefined) return splitSteps(then);
  // Sentences before the one that lists the steps describe the whole.
  const read = clean.map(phrasesOf);
  const main = read.findIndex((phrases) => phrases.length > 1);
  return read.slice(Math.max(main, 0)).flat();
}

/** Splits a plain sentence into one phrase per verb. */
const phrasesOf = (sentence: string): string[] =>
  readClauses(`that ${sentence}`, true).clauses.map(({ verb, text }) =>
    `${verb} ${text}`.replace(/(?:,|\band\b|\bthen\b|\s)+$/i, ""),
  );

const splitSteps = (list: string): string[] =>
  splitList(
    list.replaceAll(/\s*(?:->|→|=>|[,;]? ?\b(?:and )?(?:then|finally|next|after that|followed by|lastly)\b,?)\s*/gi, ", "),
  ).filter((one) => one.trim() !== "");

const stop_words =
  /^(?:an?|the|its|their|each|all|any|to|in|on|for|with|from|via|of|into|by|at|that|which|using|through|when|if|as|so|once|customer's|user's|and|or|back|again|them|it)$/i;

/** Returns the name of an action: `reserving the inventory` -> `reserve_inventory`. */
function actionName(phrase: string): string | undefined {
  const words =
    phrase
      .trim()
      .replace(
        /^(?:(?:first|firstly|second|secondly|third|last|lastly|then|next|finally|afterwards|after that|also|it|we|the node|must|should|will|begins by|starts by|to|by|and|step|\d+[.:)]?),?\s+)+/i,
        "",
      )
      .match(/[A-Za-z][\w'-]*/g) ?? [];
  const [first, ...rest] = words;
  if (first === undefined) return undefined;
  const lower = first.toLowerCase();
  const verb =
    verbOfGerund(lower) ??
    (effects.has(lower) ? lower : lower.endsWith("s") ? baseForm(lower) : lower.endsWith("ing") ? baseOfGerund(lower) : lower);
  const object: string[] = [];
  for (const word of rest) {
    if (stop_words.test(word)) {
      if (object.length > 0) break;
      continue;
    }
    object.push(word);
    if (object.length === 2) break;
  }
  const name = snake([verb, ...object].join(" "));
  return name === "" ? undefined : name;
}

/** Matches each compensation to the step with the same object, and the rest by their verbs, last step first. */
function matchCompensations(steps: Step[], actions: readonly string[]): void {
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
    else if (undone_verbs[action.split("_")[0] ?? ""] !== undefined) left.push(action);
  }
  for (const action of left) {
    const undoes = undone_verbs[action.split("_")[0] ?? ""] ?? [];
    const step = steps.findLast((one) => !one.is_named && undoes.includes(one.name.split("_")[0] ?? ""));
    if (step !== undefined) Object.assign(step, { compensation: action, is_named: true });
  }
}

/** The verbs that each verb undoes. */
const undone_verbs: Readonly<Record<string, readonly string[]>> = {
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
