/** Ids that are their own safe name; most are, so that the replacements below are rare. */
const plain = /^[a-z0-9_-]+$/;

/** Longest safe name: leaves room for a suffix within the 255 bytes of a file name. */
const max_length = 200;

/**
 * Returns the form of a task id for file names and git refs: unique for each id, also on a case-insensitive disk. Most ids
 * are unchanged. A capital letter becomes `+` and the small letter; any other character that a file name or a ref could
 * not hold becomes `%` and two hex digits, so that `Build` is `+build` and `@scope/a` is `%40scope%2fa`. A result over 200
 * characters ends in `%%` and a hash instead.
 */
export function safeName(task_id: string): string {
  if (plain.test(task_id)) return task_id;
  const name = task_id
    .replaceAll(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`)
    .replaceAll(/[^a-z0-9._+-]/g, escapeCharacter)
    // git refs may not hold `..`, end in a dot, or end in `.lock`.
    .replaceAll(/\.(?=\.|$)|^\.|\.(?=lock$)/g, escapeCharacter);
  return name.length <= max_length ? name : `${name.slice(0, 150)}%%${hashOf(task_id)}`;
}

const escapeCharacter = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`;

/** Two 32-bit FNV-1a hashes with different offsets, as 16 hex digits; pure, and only for ids of over 60 capitals. */
function hashOf(text: string): string {
  const part = (offset: number): string => {
    let hash = offset;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return (hash >>> 0).toString(16).padStart(8, "0");
  };
  return part(0x811c9dc5) + part(0x1234567);
}
