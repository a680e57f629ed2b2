import type { Problem } from "#errors";
import { type FoundSecret, isLiteralSecret, literalSecrets, no_redactor, type Redactor } from "#secrets";
import { type Finding, type LoadedFile, pathName, placeOf } from "#tasks";

/** The user's input, which must not contain secrets. */
interface Given {
  file: string;
  text: string;
  loaded: LoadedFile;
  vars: Readonly<Record<string, string>>;
  env: Readonly<Record<string, string | undefined>>;
}

/** Finds secrets in the task file and in `--var`. Each problem has the rule and the place, never the secret. */
export async function checkSecrets(given: Given, redactor: Redactor): Promise<Problem[]> {
  const problems = await checkVariables(given, redactor);
  const { text, loaded } = given;
  const literals = redactor === no_redactor ? [] : literalsIn(loaded);
  if (!redactor.mayHold(text)) return literals.length === 0 ? problems : [...problems, ...(await loaded.toProblems(literals))];
  const found = await redactor.findInValue(loaded.raw);
  const shown = await redactor.redactValue(found.map(({ path }) => path));
  const findings = [...found.map((secret, i) => findingOf(secret, shown[i] ?? [], loaded)), ...literals];
  return [...problems, ...(findings.length > 0 ? await loaded.toProblems(findings) : await checkComments(given, redactor))];
}

/** `shown` is the path for people, because keys may be secrets too. */
function findingOf({ path, at_key, name }: FoundSecret, shown: FoundSecret["path"], loaded: LoadedFile): Finding {
  const [first, position] = path;
  const task = first === "tasks" ? loaded.tasks.find(({ task_id }) => loaded.positions.get(task_id) === position) : undefined;
  const place = at_key ? `A key of ${pathName(shown.slice(0, -1), "the task file")}` : pathName(shown);
  return { path, at_key, task_id: task?.task_id, message: messageFor(place, name), advice: adviceFor(name) };
}

const messageFor = (place: string, name: string): string =>
  name.startsWith("$")
    ? `${place} holds the value of the environment's ${name.slice(1)}.`
    : `${place} holds a secret: ${name}.`;

const adviceFor = (name: string): string =>
  name.startsWith("$")
    ? `Write \${${name.slice(1)}} there.`
    : "Put it into the environment and write ${NAME} there. If it is not a secret, use --no-redact.";

/** Finds passwords that match no rule, by the name of the variable that a command or a task's `env` sets. */
function literalsIn(loaded: LoadedFile): Finding[] {
  const findings: Finding[] = [];
  for (const { task_id, input_data, verify, env } of loaded.tasks) {
    const add = (name: string, ...path: (string | number)[]): void => {
      const whole = ["tasks", loaded.positions.get(task_id) ?? 0, ...path];
      const message = `${pathName(whole)} holds a secret: the value of ${name}.`;
      const advice = `Put it into the environment: the command inherits ${name} from there. If it is not a secret, use --no-redact.`;
      findings.push({ path: whole, at_key: false, task_id, message, advice });
    };
    const command = input_data["command"];
    if (typeof command === "string") for (const name of literalSecrets(command)) add(name, "input_data", "command");
    verify.forEach((script, i) => {
      if (typeof script === "string") for (const name of literalSecrets(script)) add(name, "verify", i);
    });
    for (const name in env) if (isLiteralSecret(name, env[name] ?? "")) add(name, "env", name);
  }
  return findings;
}

/** A value that the shell took from the environment is no literal. */
async function checkVariables({ vars, env }: Given, redactor: Redactor): Promise<Problem[]> {
  const problems: Problem[] = [];
  const inherited = new Set(Object.values(env));
  for (const [name, value] of Object.entries(vars)) {
    if (inherited.has(value)) continue;
    const secret = (await redactor.find(value)).find((match) => !match.name.startsWith("$"));
    if (secret === undefined) continue;
    const message = `The value of ${name} holds a secret: ${secret.name}.`;
    problems.push({
      file: "--var",
      message,
      advice: `Put it into the environment as ${name}, which needs no --var. If it is not a secret, use --no-redact.`,
    });
  }
  return problems;
}

/** Checks comments too, because the run's folder keeps the file as it is. */
async function checkComments({ file, text }: Given, redactor: Redactor): Promise<Problem[]> {
  if (!/\/[/*]/.test(text)) return [];
  const { visit } = await import("jsonc-parser");
  const comments: { offset: number; length: number }[] = [];
  visit(text, { onComment: (offset, length) => void comments.push({ offset, length }) });
  const problems: Problem[] = [];
  for (const { offset, length } of comments) {
    for (const { start, name } of await redactor.find(text.slice(offset, offset + length)))
      problems.push({
        file,
        ...placeOf(text, offset + start),
        message: messageFor("The comment", name),
        advice: "Remove it. If it is not a secret, use --no-redact.",
      });
  }
  return problems;
}
