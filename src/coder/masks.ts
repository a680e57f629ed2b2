/** A text whose quoted names, brackets and addresses are each replaced by one mark. */
export interface Masked {
  text: string;
  /** Replaces marks by the original text, with its brackets and quotes. */
  restore(part: string): string;
}

const open = "\ue000";
const close = "\ue001";

/** Matches one mark, in a regular expression. */
export const mark_pattern = `${open}\\d+${close}`;

/** Masks brackets, quoted names and addresses, so that a text can be split at commas and prepositions. */
export function mask(text: string): Masked {
  const hidden: string[] = [];
  const hide = (found: string): string => `${open}${hidden.push(found) - 1}${close}`;
  let shown = text
    .replaceAll(/`[^`\n]{1,60}`|"[^"\n]{1,60}"|“[^”\n]{1,60}”|(?<![\w])'[^'\n]{1,60}'(?![\w])/g, hide)
    .replaceAll(/\bhttps?:\/\/[^\s"'`),]+[^\s"'`),.]/gi, hide);
  for (let before = ""; before !== shown; ) {
    before = shown;
    shown = shown.replaceAll(/\([^()]*\)|\[[^[\]]*\]/g, hide);
  }
  const restore = (part: string): string => {
    let whole = part;
    while (whole.includes(open))
      whole = whole.replaceAll(new RegExp(`${open}(\\d+)${close}`, "g"), (_, i: string) => hidden[Number(i)] ?? "");
    return whole;
  };
  return { text: shown, restore };
}
