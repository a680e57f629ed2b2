/** Stop words of languages and test frameworks, which do not help to locate a fault. */
const stop = new Set(
  (
    "the and for not with from import this that self cls def class return none true false null undefined const let var function async await new " +
    "assert assertionerror error expect tobe toequal tostrictequal tothrow describe test tests it should when then given pytest raises result results " +
    "expected received actual equal equals value values type types string number object array int str dict list tuple bool float if else elif try " +
    "except raise throw catch finally in is or of to be as at by on an a e f failed failures passed summary short info line file py ts js tsx src lib " +
    "vitest jest run end start duration run module public private static void final use fn pub mut impl struct func package main get set has can will does do " +
    "was are into its but non run all any one two foo bar baz lambda yield pass print console log"
  ).split(" "),
);

/** Whether a word is a stop word. */
export const isEmptyWord = (word: string): boolean => stop.has(word.toLowerCase());

/** Returns the identifiers of a text as written, without stop words. */
export function identifiersOf(text: string): string[] {
  return (text.match(/[A-Za-z_$][\w$]*/g) ?? []).filter((word) => word.length > 1 && !stop.has(word.toLowerCase()));
}

/** Returns the stemmed words in identifiers and prose: `getUserName` and `get_user_name` both give `user` and `name`. */
export const wordsOf = (text: string): string[] => wholeWordsOf(text).map(stem);

/** Like `wordsOf`, but without stemming. */
export function wholeWordsOf(text: string): string[] {
  const words: string[] = [];
  for (const part of text.match(/[A-Za-z]+/g) ?? []) {
    for (const piece of part.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []) {
      const word = piece.toLowerCase();
      if (word.length > 1 && !stop.has(word)) words.push(word);
    }
  }
  return words;
}

function stem(word: string): string {
  if (word.length < 5) return word;
  return word.replace(/(?:ies|ing|ed|es|s|er|ion)$/, "") || word;
}

/** Returns the quoted texts of 3 to 120 characters. */
export function literalsOf(text: string): string[] {
  const found: string[] = [];
  for (const match of text.matchAll(/"((?:[^"\\\n]|\\.){3,120})"|'((?:[^'\\\n]|\\.){3,120})'|`([^`\n]{3,120})`/g))
    found.push(match[1] ?? match[2] ?? match[3] ?? "");
  return found;
}
