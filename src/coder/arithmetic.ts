import type { Field } from "./design.ts";

/** What a phrase such as `price times quantity, less a discount in percent` means. */
export type Expression =
  | { kind: "number"; value: string }
  | { kind: "field"; field: Field; default_zero?: boolean }
  | { kind: "result"; name: string }
  | { kind: "binary"; sign: "+" | "-" | "*" | "/" | "**"; left: Expression; right: Expression }
  | { kind: "compare"; sign: "<" | "<=" | ">" | ">=" | "==" | "!="; left: Expression; right: Expression }
  | { kind: "and"; parts: Expression[] }
  | { kind: "choose"; condition: Expression; chosen: Expression; otherwise: Expression }
  | {
      kind: "call";
      name: "max" | "min" | "round" | "floor" | "ceil" | "sqrt" | "abs" | "mean" | "sum" | "len";
      parts: Expression[];
    }
  | { kind: "text"; value: string };

/** What a phrase may speak of. */
export interface Terms {
  fields: readonly Field[];
  /** Names of results that are known by now. */
  results: readonly string[];
  /** Reads a noun that is no field yet; it becomes one. */
  declare?: (phrase: string) => Field | undefined;
}

/** How a part of a phrase is read. */
export type Read = (text: string, terms: Terms) => Expression | undefined;

/** Two expressions and the sign between them. */
export const binary = (sign: "+" | "-" | "*" | "/" | "**", left: Expression, right: Expression): Expression => ({
  kind: "binary",
  sign,
  left,
  right,
});
/** A number as it stands in the text. */
export const number = (value: string): Expression => ({ kind: "number", value });

/** Words that add. */
export const plus_words = "plus|\\+|increased by|and adds?|add(?:ed)?|with the addition of";
/** Words that take away. */
export const minus_words = "minus|less|−|–|-|reduced by|decreased by|lowered by|after deducting|after subtracting|without";
/** Words that multiply. */
export const times_words = "times|multiplied by|multiplied with|×|\\*|x";
/** Words that divide. */
export const over_words = "divided by|÷|/|over";

/** The one of a list, where there is one only. */
export const soleItem = <T>(found: readonly T[]): T | undefined => (found.length === 1 ? found[0] : undefined);
