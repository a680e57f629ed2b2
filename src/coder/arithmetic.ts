import type { Field } from "./design.ts";

/** The meaning of a phrase such as `price times quantity, less a discount in percent`. */
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

/** The names that a phrase may use. */
export interface Terms {
  fields: readonly Field[];
  /** Names of results that were read before. */
  results: readonly string[];
  /** Makes a field of a noun that is not one yet. */
  declare?: (phrase: string) => Field | undefined;
}

/** Reads a part of a phrase; returns undefined if it is not understood. */
export type Read = (text: string, terms: Terms) => Expression | undefined;

/** Returns two expressions joined by a sign. */
export const binary = (sign: "+" | "-" | "*" | "/" | "**", left: Expression, right: Expression): Expression => ({
  kind: "binary",
  sign,
  left,
  right,
});
/** Returns a number, as written in the text. */
export const number = (value: string): Expression => ({ kind: "number", value });

/** Words for addition. */
export const plus_words = "plus|\\+|increased by|and adds?|add(?:ed)?|with the addition of";
/** Words for subtraction. */
export const minus_words = "minus|less|−|–|-|reduced by|decreased by|lowered by|after deducting|after subtracting|without";
/** Words for multiplication. */
export const times_words = "times|multiplied by|multiplied with|×|\\*|x";
/** Words for division. */
export const over_words = "divided by|÷|/|over";

/** Returns the only item of a list, or undefined if there is none or more than one. */
export const soleItem = <T>(found: readonly T[]): T | undefined => (found.length === 1 ? found[0] : undefined);
