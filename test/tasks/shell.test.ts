import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { argumentKind, contextsIn } from "../../src/tasks/shell.ts";
import { count } from "../support/effort.ts";

/** How the shell takes `${X}` wherever it stands in the script. */
const contexts = (script: string): string[] =>
  contextsIn(
    script,
    [...script.matchAll(/\$\{X\}/g)].map((match) => match.index),
  );

describe("quotes in a script", () => {
  test.each([
    ["echo ${X}", ["filled"]],
    ['echo "${X}"', ["filled"]],
    [`echo "it's \${X}"`, ["filled"]],
    [`echo 'a' "\${X}" 'b'`, ["filled"]],
    [`echo "a'"'b'"\${X}"`, ["filled"]],
    ["echo ${X:-'a'} ${X}", ["filled"]],
    ['echo "$(echo "${X}")" ${X}', ["filled", "filled"]],
    ["echo `echo ${X}` ${X}", ["filled", "filled"]],
    ["echo $((1 << 2)) '' ${X}", ["filled"]],
    ["echo $# ${X}", ["filled"]],
    ["echo a#b ${X}", ["filled"]],
    ["case $1 in a) echo ${X};; esac", ["filled"]],
    ["cat <<EOF\nit's ${X}\nEOF\necho ${X}", ["filled", "filled"]],
    ["(cat <<EOF\nit's ${X}\nEOF\n)\necho '${X}'", ["filled", "literal"]],
    ["cat <<-EOF\n\tdon't\n\tEOF\necho ${X}", ["filled"]],
    ["cat <<< it ; echo ${X}", ["filled"]],
    [`sh -c 'echo "\${X}"'`, ["filled"]],
    ["bash -euo pipefail -c 'echo ${X}'", ["filled"]],
    ["find . -exec sh -c 'echo ${X}' \\;", ["filled"]],
    [`sh -c 'echo '"'"'a'"'"' "\${X}"'`, ["filled"]],
    [`sh -c 'x' "\${X}"`, ["filled"]],
    ["timeout 5 /bin/bash -c 'echo ${X}'", ["filled"]],
    ['awk -F "${X}" -v x="${X}" \'{ print x }\'', ["filled", "filled"]],
    ["jq --arg x \"${X}\" '.y = $x'", ["filled"]],
    ['node "${X}"', ["filled"]],
  ])("an ordinary script raises no alarm: %s", (script, expected) => {
    expect(contexts(script)).toEqual(expected);
  });

  test.each([
    ["echo '${X}'", ["literal"]],
    [`echo "a" '\${X}' "\${X}"`, ["literal", "filled"]],
    ["awk '{ print ${X} }'", ["literal"]],
    ["cat <<'EOF'\n${X}\nEOF", ["literal"]],
    ["cat <<\\EOF\n${X}\nEOF\necho ${X}", ["literal", "filled"]],
    [`echo "$(echo '\${X}')"`, ["literal"]],
    ["# uses ${X}\necho ${X}", ["comment", "filled"]],
    ["echo 1 # ${X}", ["comment"]],
    ["echo \\${X}", ["escaped"]],
    ['echo "\\${X}" "${X}"', ["escaped", "filled"]],
    ["echo '\\' ${X}", ["filled"]],
    ['sh -c "echo ${X}"', ["shell_code"]],
    ['eval "echo ${X}"', ["shell_code"]],
    ['eval a "${X}"', ["shell_code"]],
    ["sh -c ${X}", ["shell_code"]],
    [`sh -c 'echo '"\${X}"`, ["shell_code"]],
    ["echo $(sh -c ${X}) ${X}", ["shell_code", "filled"]],
    ['python3 -c "print(${X})"', ["foreign_code"]],
    ['awk "{ print ${X} }"', ["foreign_code"]],
    ['ssh host "echo ${X}"', ["foreign_code"]],
  ])("a value that would not arrive, or would be code, is seen: %s", (script, expected) => {
    expect(contexts(script)).toEqual(expected);
  });

  test("a script that cannot be followed raises no alarm", () => {
    expect(contexts("echo 'a ${X}")).toEqual(["filled"]);
    expect(contexts(`x=$(case a in a) echo 'b';; esac); echo '\${X}'`)).toEqual(["filled"]);
  });

  test("what it says of quotes is what sh does", () => {
    const piece = fc.constantFrom("a", " ", "'", '"', "\\", "${X}", "$(echo ", ")", "\n", "#", ";", "b");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const script = `set -f; printf '%s\\n' ${pieces.join("")}`;
        const said = contexts(script);
        if (said.length === 0) return;
        let shown: string;
        try {
          shown = execFileSync("sh", ["-c", script], {
            env: { X: "VALUE", PATH: process.env["PATH"] },
            stdio: "pipe",
          }).toString();
        } catch {
          return;
        }
        // A reference that is said to be literal must never have been filled in, and the other way round.
        if (said.every((context) => context === "literal")) expect(shown).not.toContain("VALUE");
        if (shown.includes("VALUE")) expect(said).toContain("filled");
      }),
      { numRuns: count(1500), examples: [[["\\", ")", "#", "${X}"]]] },
    );
  });

  test("whatever the text, there is one answer a place", () => {
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
