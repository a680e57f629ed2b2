import { binary, type Expression, number, over_words, type Terms, times_words } from "./arithmetic.ts";
import { readBands, readWeights } from "./bands.ts";
import { readCondition } from "./conditions.ts";
import { applyDescription, readDescription } from "./descriptions.ts";
import type { Computation, Design, Field } from "./design.ts";
import { computationOf, fieldsOf, resultsOf } from "./expression-python.ts";
import { readExpression } from "./expressions.ts";
import { typeByName } from "./field-types.ts";
import { readField } from "./fields.ts";
import { sentencesOf, withoutHead } from "./sentences.ts";
import { identifier, snake } from "./words.ts";

const equals_words =
  "(?:(?:is|are)(?: then| therefore| always| simply)?(?: (?:computed|calculated|given|defined|found|obtained|derived) (?:as|by|from))?|equals|=|comes to|amounts to|works out (?:as|at|to)|makes)";

/** Matches the start of a remainder: `, and the tax is what remains`. */
const remainder_pattern =
  /,?(?: and|;) (?=(?:the |its )?[\w -]{1,40} (?:is|are) (?:what (?:remains|is left)|the (?:rest|remainder|difference))\b)/i;

/** Reads results stated as arithmetic. Also returns the fields, with those named only there, and the sentences used. */
export function readFormulas(design: Design): { computations: Computation[]; fields: readonly Field[]; sentences: string } {
  const computations: Computation[] = [];
  const fields = [...design.fields];
  const matched: string[] = [];
  const describeShared = readSharedDescriptions(design.contract);
  for (const field of fields) if (field.is_typed !== true) describeShared(field);
  const sentences = sentencesOf(design.contract).flatMap((whole) => {
    const [sentence = "", ...remains] = whole.split(remainder_pattern);
    if (remains.length > 0) return [sentence, whole.slice(sentence.length)];
    const [main = "", ...where] = sentence.split(/,? (?:where|with|here)(?: the)? (?=[\w ]{1,40} (?:is|are|being|equals) )/i);
    return [...where, main];
  });
  for (const sentence of sentences) {
    const found = readSentence(withoutHead(sentence), { design, describeShared }, fields, computations);
    if (found === undefined) continue;
    matched.push(sentence);
    const { name, expression, doc, declared } = found;
    for (const field of declared) if (!fields.includes(field)) fields.push(field);
    const named = computations.some(({ result }) => result.name === name) ? `${name}_${computations.length + 1}` : name;
    computations.push(computationOf(named, expression, doc, computations));
  }
  return { computations, fields, sentences: matched.join(" ") };
}

/** Returns a function that applies shared descriptions: `All are decimals`, `both weights are integers`. */
function readSharedDescriptions(text: string): (field: Field) => void {
  const all = text.match(/\b(?:all(?: of (?:them|these))?|both|they|these|the values) (?:are|being) ([a-z]+)\b/i)?.[1];
  const shared_type = all === undefined ? undefined : readDescription(all, true)?.type;
  const of_kind = [
    ...text.matchAll(/(?:[.;,]|^)\s*(?:both|all(?: the| of the)?) ([a-z]+s) (?:are|must be|have to be) ([^,.;]+)/gi),
  ].flatMap(([, noun = "", what = ""]) => {
    const more = readDescription(what, true);
    return more === undefined ? [] : [{ noun: noun.toLowerCase(), more }];
  });
  return (field) => {
    if (shared_type !== undefined) applyDescription(field, { type: shared_type });
    for (const { noun, more } of of_kind) if (field.name.endsWith(`_${noun}`)) applyDescription(field, more);
  };
}

interface FoundFormula {
  name: string;
  expression: Expression;
  doc: string;
  declared: Field[];
}

function readSentence(
  sentence: string,
  { design, describeShared }: { design: Design; describeShared(field: Field): void },
  fields: readonly Field[],
  known: readonly Computation[],
): FoundFormula | undefined {
  const [output, ...more] = design.outputs;
  const fallback = output !== undefined && more.length === 0 ? output.name : "result";
  const left =
    readRemainder(sentence, fields, known) ??
    readBanded(sentence, fallback, fields) ??
    readWeighted(sentence, fallback, fields);
  if (left !== undefined) return left;
  const candidates: [name: string, text: string, is_condition?: boolean][] = [];
  const push = (pattern: RegExp, at = 1): void => {
    const match = sentence.match(pattern);
    if (match !== null) candidates.push([at === 2 ? (match[1] ?? "") : fallback, match[at] ?? ""]);
  };
  const whether = sentence.match(
    /.*\b(?:whether|true (?:if|when)|if and only if)(?: or not)? ([^:]+?)(?:,? (?:and|else|otherwise) false(?: otherwise)?)?$/i,
  )?.[1];
  if (whether !== undefined) candidates.push([fallback === "result" ? "is_true" : fallback, whether, true]);
  push(/(?:^|[:,]\s*|\b(?:as|formula|where|compute|computes|calculates?|is)\s+)([A-Za-z]\w*(?: \w+){0,3}?) ?= ?(.+)$/i, 2);
  push(new RegExp(`^(?:the |a |an |its |their )?([A-Za-z][\\w' -]{1,50}?)(?: \\([^()]*\\))? ${equals_words} (.+)$`, "i"), 2);
  push(/^([A-Za-z][\w' -]{1,50}?)(?: \([^()]*\))?: (.+)$/, 2);
  push(new RegExp(`^[^:]*: (?:the |a |an |its )?([A-Za-z][\\w' -]{1,50}?) ${equals_words} (.+)$`, "i"), 2);
  push(/^[^:]*: (.+)$/);
  push(/,? (?:which|that|this) (?:is|are|equals) (.+)$/i);
  push(
    /\b(?:compute|calculate|derive|determine|work out|return|give|find)s?\b (?:the )?([\w' -]{2,50}?)(?: \([^()]*\))?(?:,? as|:|,? which is|,? that is| by taking) (.+)$/i,
    2,
  );
  push(/(?:,|\()? ?\b(?:i\.?e\.?|that is|namely|in other words),? (.+?)\)?$/i);
  push(/\b(?:computes?|calculates?|returns?|gives?|yields?|outputs?|derives?|works out|produces?|adds?)\b (.+)$/i);
  // The whole sentence may be the expression.
  push(new RegExp(`^(.+ (?:${times_words}|${over_words}) .+)$`, "i"));
  for (const [name, text, is_condition] of candidates) {
    const declared: Field[] = [];
    const terms: Terms = {
      fields: [...fields],
      results: known.map(({ result }) => result.name),
      declare: (phrase) => {
        const field = / (?:is|are|equals?) /i.test(phrase) ? undefined : declarable(phrase);
        const before = [...fields, ...declared].find((one) => one.name === field?.name);
        if (field !== undefined && before === undefined) {
          describeShared(field);
          declared.push(field);
        }
        return before ?? field;
      },
    };
    const expression = is_condition === true ? readCondition(text, terms, readExpression) : readExpression(text, terms);
    if (expression === undefined || /^(?:number|field|result|text)$/.test(expression.kind)) continue;
    const used = fieldsOf(expression);
    if (used.length === 0 && resultsOf(expression).length === 0) continue;
    noteUnits(text, used);
    const own = resultNameOf(name, fallback);
    if (used.some((field) => field.name === own)) continue;
    return {
      name: own,
      expression,
      doc: `${own.replaceAll("_", " ")} is ${text.replace(/[.\s]+$/, "")}.`,
      declared: declared.filter((field) => used.includes(field)),
    };
  }
  return undefined;
}

/** Reads a remainder: in `the VAT is what remains`, the whole less the previous result. */
function readRemainder(sentence: string, fields: readonly Field[], known: readonly Computation[]): FoundFormula | undefined {
  const name = sentence.match(
    /^(?:,? and )?(?:the |its )?([\w -]{1,40}?) (?:is|are) (?:what (?:remains|is left)|the (?:rest|remainder|difference))$/i,
  )?.[1];
  const part = known.at(-1);
  const whole = fields.find(
    (field) => /^(?:int|float|Decimal)$/.test(field.type) && part?.expression.includes(`request.${identifier(field.name)}`),
  );
  if (name === undefined || part === undefined || whole === undefined) return undefined;
  const expression = binary("-", { kind: "field", field: whole }, { kind: "result", name: part.result.name });
  const own = snake(name);
  return { name: own, expression, doc: `${own.replaceAll("_", " ")} is the remainder.`, declared: [] };
}

const isNumeric = ({ type }: Field): boolean => /^(?:int|float|Decimal)$/.test(type);

/** Reads bands of the only number, or of the one that the sentence names. */
function readBanded(sentence: string, fallback: string, fields: readonly Field[]): FoundFormula | undefined {
  const numbers = fields.filter(isNumeric);
  const named = numbers.filter(({ name }) => sentence.toLowerCase().includes(name.replaceAll("_", " ")));
  const field = numbers.length === 1 ? numbers[0] : named.length === 1 ? named[0] : undefined;
  if (field === undefined) return undefined;
  const bare = sentence.replaceAll(/\([^()]*\)/g, "").replaceAll(/\s+/g, " ");
  const texts = [
    bare,
    bare.replace(/^[^:]*:\s*/, ""),
    bare.replace(/^[^,]*?\b(?:is|are|as|returns?|gives?|into|be) (?=[a-z]+ (?:below|under|up to|if|above|over|from)\b)/i, ""),
  ];
  for (const text of texts) {
    const expression = readBands(text.trim(), field);
    if (expression === undefined) continue;
    const of = bare.match(/^(?:the )?([A-Za-z][\w ]{1,30}?) (?:from|of|for|by|is|depends)\b/)?.[1];
    const named_result = fallback !== "result" ? fallback : of === undefined ? "category" : resultNameOf(of, "category");
    const own = named_result === field.name ? "category" : named_result;
    return { name: own, expression, doc: `${own.replaceAll("_", " ")} by the contract's bands.`, declared: [] };
  }
  return undefined;
}

/** Reads a weighted sum. */
function readWeighted(sentence: string, fallback: string, fields: readonly Field[]): FoundFormula | undefined {
  const parts = readWeights(sentence, (phrase) => {
    const name = snake(phrase);
    return fields.find((field) => field.name === name || field.name.replace(/s$/, "") === name.replace(/s$/, ""));
  });
  if (parts === undefined) return undefined;
  const terms = parts.map(({ field, factor }) => binary("*", { kind: "field", field }, number(factor)));
  const expression = terms.reduce((sum, term) => binary("+", sum, term));
  return { name: fallback === "result" ? "total" : fallback, expression, doc: `${sentence}.`, declared: [] };
}

const resultNameOf = (name: string, fallback: string): string => {
  const bare = snake(
    name
      .replace(/^.*\b(?:computes?|calculates?|returns?|derives?|gives?|the|its|an?|that)\b /i, "")
      .replace(/\s+(?:of|for|in) (?:the |an? |its )?[\w ]+$/i, ""),
  );
  return bare === "" || /^(?:it|this|that|the_result|result|which)$/.test(bare) || bare.length > 40 ? fallback : bare;
};

/** Returns a new field for a noun that is clearly a quantity. */
function declarable(phrase: string): Field | undefined {
  const field = readField(phrase);
  if (
    field === undefined ||
    phrase
      .replaceAll(/\([^()]*\)/g, "")
      .trim()
      .split(/\s+/).length > 6
  )
    return undefined;
  const is_number =
    field.is_typed === true ||
    field.note?.startsWith("in ") === true ||
    /^(?:int|float|Decimal)/.test(typeByName(field.name) ?? "");
  return is_number ? field : undefined;
}

/** Adds units that only the formula states, as in `a discount in percent`. */
function noteUnits(text: string, used: readonly Field[]): void {
  for (const field of used) {
    const words = field.name.replaceAll("_", " ");
    const unit = text.match(new RegExp(`\\b${words} in (per ?cent|%|cents|kg|km|cm)`, "i"))?.[1];
    if (unit !== undefined && field.note === undefined) applyDescription(field, { unit: `in ${unit.toLowerCase()}` });
  }
}
