import type { Design, Field, Fold } from "./design.ts";

const ignored =
  "(?:(?:is|are|be|gets?) (?:ignored|dropped|discarded|skipped|left out)|changes? nothing|has no effect|have no effect|does nothing|do nothing|do(?:es)? not (?:count|change anything))";

/** Returns the field that orders events, if the contract drops older ones. */
export function readNewer({ contract: text, fields }: Design): string | undefined {
  const says =
    new RegExp(
      `\\b(?:older|earlier|stale|out[- ]of[- ]order|late|outdated|before the (?:one|last|latest|current))\\b[^.;]*\\b${ignored}`,
      "i",
    ).test(text) ||
    /\b(?:ignores?|drops?|discards?|skips?)\b[^.;]*\b(?:older|earlier|stale|out[- ]of[- ]order|outdated)\b/i.test(text) ||
    /\bonly (?:if|when) (?:it is|they are|the event is) (?:newer|later|more recent)\b/i.test(text);
  if (!says) return undefined;
  return (
    fields.find(({ type }) => type === "datetime" || type === "date") ??
    fields.find(
      ({ name, type }) => type === "int" && /(?:^|_)(?:version|sequence|revision|number|offset|timestamp|time)$/.test(name),
    )
  )?.name;
}

/** Reads the final values of a field: `DONE and FAILED are final`. */
export function readFinal({ contract: text, fields }: Design): { field: string; values: readonly string[] } | undefined {
  const lists = [
    ...text.matchAll(
      /((?:["'`]?[\w-]+["'`]?, )*["'`]?[\w-]+["'`]?(?:,? (?:and|or) ["'`]?[\w-]+["'`]?)?) (?:is|are)(?: both| all)? (?:final|terminal|end states?|the ends?)\b/gi,
    ),
  ].map((match) => (match[1] ?? "").toLowerCase());
  for (const field of fields)
    for (const list of lists) {
      const values = (field.choices ?? []).filter((one) =>
        new RegExp(`(?:^|[^\\w-])${one.toLowerCase()}(?:$|[^\\w-])`).test(list),
      );
      if (values.length > 0) return { field: field.name, values };
    }
  return undefined;
}

/** Reads how to handle an event that would make a value negative. */
export function readFloor(text: string): "ignore" | "refuse" | undefined {
  const clause = text.match(
    /\b(?:more (?:[\w-]+ )?than (?:there (?:is|are)|is (?:there|left|available|in)|are (?:there|left|available|in)|the (?:\w+ )?(?:balance|stock|total|level|rest)|it has|they have|available)|below (?:zero|0)|(?:go|goes|become|becomes|get|gets|be) negative|overdraw\w*|exceeds? the (?:balance|stock|total))\b[^.;]*/i,
  )?.[0];
  if (clause === undefined) return undefined;
  if (new RegExp(ignored, "i").test(clause)) return "ignore";
  return /\b(?:refused|rejected|an? error|raises?|fails?|not allowed|invalid|forbidden)\b/i.test(clause) ? "refuse" : undefined;
}

const opposites: readonly (readonly [RegExp, RegExp])[] = [
  [
    /^(?:join|enter|arrive|check_?in|sign_?in|log_?in|login|connect|come)/,
    /^(?:leave|left|exit|depart|check_?out|sign_?out|log_?out|logout|disconnect|quit|go)/,
  ],
  [
    /^(?:add|attach|assign|include|reserve|open|start|enable|grant|enrol|register|lock|hire|raise|set)/,
    /^(?:remove|detach|release|exclude|drop|close|stop|end|disable|revoke|withdraw|unlock|dismiss|clear|delete)/,
  ],
];

const isOpposite = (one: string, other: string): boolean => {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  if (b === `un${a}` || b === `dis${a}` || b === `de${a}`) return true;
  return opposites.some(([first, second]) => first.test(a) && second.test(b));
};

/** Reads a fold that keeps the members of each group: `follow adds a follower and unfollow removes it`. */
export function readMembers(design: Design, by: readonly string[]): Fold | undefined {
  const { contract: text, fields } = design;
  if (!/\b(?:lists?|sets?|members?|who|whom|names|ids|which \w+ (?:are|is)|currently|present)\b/i.test(text)) return undefined;
  const free = (field: Field): boolean => !by.includes(field.name);
  if (fields.some((field) => free(field) && /^(?:int|float|Decimal)$/.test(field.type))) return undefined;
  for (const { name, choices = [] } of fields)
    for (const adds of choices) {
      const removes = choices.find((other) => isOpposite(adds, other));
      if (removes === undefined || choices.length > 2) continue;
      const member = fields.filter((field) => free(field) && field.name !== name && field.type === "str" && !field.is_optional);
      const [value] = member;
      if (value === undefined || member.length > 1) continue;
      return { kind: "members", action: name, adds, removes, member: value.name, by };
    }
  return undefined;
}
