import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { argumentKind, shellContexts } from "../../src/tasks/shell.ts";
import { count } from "../support/effort.ts";

/** How the shell treats each `${X}` in the script. */
const contexts = (script: string): string[] =>
  shellContexts(
    script,
    [...script.matchAll(/\$\{X\}/g)].map((match) => match.index),
  );

describe("quotes in a script", () => {
  test.each([
    ["echo ${X}", ["expanded"]],
    ['echo "${X}"', ["expanded"]],
    [`echo "it's \${X}"`, ["expanded"]],
    [`echo 'a' "\${X}" 'b'`, ["expanded"]],
    [`echo "a'"'b'"\${X}"`, ["expanded"]],
    ["echo ${X:-'a'} ${X}", ["expanded"]],
    ['echo "$(echo "${X}")" ${X}', ["expanded", "expanded"]],
    ["echo `echo ${X}` ${X}", ["expanded", "expanded"]],
    ["echo $((1 << 2)) '' ${X}", ["expanded"]],
    ["echo $# ${X}", ["expanded"]],
    ["echo a#b ${X}", ["expanded"]],
    ["case $1 in a) echo ${X};; esac", ["expanded"]],
    ["cat <<EOF\nit's ${X}\nEOF\necho ${X}", ["expanded", "expanded"]],
    ["(cat <<EOF\nit's ${X}\nEOF\n)\necho '${X}'", ["expanded", "literal"]],
    ["cat <<-EOF\n\tdon't\n\tEOF\necho ${X}", ["expanded"]],
    ["cat <<< it ; echo ${X}", ["expanded"]],
    [`sh -c 'echo "\${X}"'`, ["expanded"]],
    ["bash -euo pipefail -c 'echo ${X}'", ["expanded"]],
    ["find . -exec sh -c 'echo ${X}' \\;", ["expanded"]],
    [`sh -c 'echo '"'"'a'"'"' "\${X}"'`, ["expanded"]],
    [`sh -c 'x' "\${X}"`, ["expanded"]],
    ["timeout 5 /bin/bash -c 'echo ${X}'", ["expanded"]],
    ['awk -F "${X}" -v x="${X}" \'{ print x }\'', ["expanded", "expanded"]],
    ["jq --arg x \"${X}\" '.y = $x'", ["expanded"]],
    ['node "${X}"', ["expanded"]],
  ])("an ordinary script raises no error: %s", (script, expected) => {
    expect(contexts(script)).toEqual(expected);
  });

  test.each([
    ["echo '${X}'", ["literal"]],
    [`echo "a" '\${X}' "\${X}"`, ["literal", "expanded"]],
    ["awk '{ print ${X} }'", ["literal"]],
    ["cat <<'EOF'\n${X}\nEOF", ["literal"]],
    ["cat <<\\EOF\n${X}\nEOF\necho ${X}", ["literal", "expanded"]],
    [`echo "$(echo '\${X}')"`, ["literal"]],
    ["# uses ${X}\necho ${X}", ["comment", "expanded"]],
    ["echo 1 # ${X}", ["comment"]],
    ["echo \\${X}", ["escaped"]],
    ['echo "\\${X}" "${X}"', ["escaped", "expanded"]],
    ["echo '\\' ${X}", ["expanded"]],
    ['sh -c "echo ${X}"', ["shell_code"]],
    ['eval "echo ${X}"', ["shell_code"]],
    ['eval a "${X}"', ["shell_code"]],
    ["sh -c ${X}", ["shell_code"]],
    [`sh -c 'echo '"\${X}"`, ["shell_code"]],
    ["echo $(sh -c ${X}) ${X}", ["shell_code", "expanded"]],
    ['python3 -c "print(${X})"', ["foreign_code"]],
    ['awk "{ print ${X} }"', ["foreign_code"]],
    ['ssh host "echo ${X}"', ["foreign_code"]],
  ])("detects a value that would not be expanded, or would become code: %s", (script, expected) => {
    expect(contexts(script)).toEqual(expected);
  });

  test("a script that cannot be parsed raises no error", () => {
    expect(contexts("echo 'a ${X}")).toEqual(["expanded"]);
    expect(contexts(`x=$(case a in a) echo 'b';; esac); echo '\${X}'`)).toEqual(["expanded"]);
  });

  test("agrees with sh about quotes", () => {
    const piece = fc.constantFrom("a", " ", "'", '"', "\\", "${X}", "$(echo ", ")", "\n", "#", ";", "b");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const script = `set -f; printf '%s\\n' ${pieces.join("")}`;
        const found = contexts(script);
        if (found.length === 0) return;
        let shown: string;
        try {
          shown = execFileSync("sh", ["-c", script], {
            env: { X: "VALUE", PATH: process.env["PATH"] },
            stdio: "pipe",
          }).toString();
        } catch {
          return;
        }
        // sh must not expand a literal reference, and a reference that it expands must be `expanded`.
        if (found.every((context) => context === "literal")) expect(shown).not.toContain("VALUE");
        if (shown.includes("VALUE")) expect(found).toContain("expanded");
      }),
      { numRuns: count(1500), examples: [[["\\", ")", "#", "${X}"]]] },
    );
  });

  test("returns one context per place for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."'\"\\$(){}`<EOF\n #;a".split("")), maxLength: 40 }), (noise) => {
        const script = `${noise}\${X}${noise}`;
        expect(contexts(script)).toHaveLength(script.split("${X}").length - 1);
      }),
      { numRuns: count(10_000) },
    );
  });
});

test.each([
  [["sh", "-c", "x"], 2, "shell_script"],
  [["/bin/bash", "-lc", "x"], 2, "shell_script"],
  [["bash", "-ce", "x"], 2, "shell_script"],
  [["bash", "-c", "-o", "pipefail", "x"], 4, "shell_script"],
  [["env", "A=1", "sh", "-ec", "x"], 4, "shell_script"],
  [["sh", "-c", "x", "y"], 3, "data"],
  [["sh", "x"], 1, "data"],
  [["echo", "-c", "x"], 2, "data"],
  [["python3", "-c", "x"], 2, "foreign_script"],
  [["python3", "-c", "x", "y"], 3, "data"],
  [["node", "-e", "x"], 2, "foreign_script"],
  [["node", "x"], 1, "data"],
])("argument %2$i of %1$j is %3$s", (command, at, kind) => {
  expect(argumentKind(command as string[], at as number)).toBe(kind);
});
