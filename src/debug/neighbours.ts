import type { Git } from "./git.ts";
import { languageOf } from "./languages.ts";
import { definitionAt, nameDefinedIn } from "./outline.ts";
import { isLibraryPath, isTestPath } from "./path-kinds.ts";
import type { RootCause } from "./report.ts";
import type { Hit, Search } from "./search.ts";
import type { Workspace } from "./workspace.ts";

/** Maximum number of lines listed for one suspect. */
const max_listed = 8;

/** Whether a name is distinctive enough to search for its callers. */
const isDistinctive = (name: string | undefined): name is string =>
  name !== undefined &&
  /^[\w$]{4,}$/.test(name) &&
  !/^(?:main|init|__\w+__|constructor|run|call|get|value|index|render|test|setup|name)$/.test(name);

/** Adds the callers of the suspects and the tests that name them; with `is_deep`, also the callers of the callers. */
export async function addNeighbours(
  causes: readonly RootCause[],
  known: { search: Search; workspace: Workspace; is_deep: boolean },
): Promise<void> {
  const { search, workspace, is_deep } = known;
  const names = new Set(causes.map(({ name }) => name).filter(isDistinctive));
  const hits = await search([...names], {
    step: "callers",
    what: `callers and tests of ${[...names].join(", ")}`,
    words: true,
  });
  if (hits === undefined) return;
  const second = new Map<string, Set<string>>();
  for (const cause of causes) {
    if (!isDistinctive(cause.name)) continue;
    const own = callsOf(cause.name, cause.file, hits).filter((hit) => hit.path !== cause.file || hit.line !== cause.line);
    cause.called_from = own
      .filter(({ path }) => !isTestPath(path))
      .slice(0, max_listed)
      .map(format);
    cause.tests = [...new Set(own.filter(({ path }) => isTestPath(path)).map(format))].slice(0, max_listed);
    if (!is_deep) continue;
    for (const { path, line } of own.filter((hit) => !isTestPath(hit.path)).slice(0, 4)) {
      const source = workspace.text(path);
      const caller = source === undefined ? undefined : definitionAt(source, line, ["function"])?.name;
      if (isDistinctive(caller) && caller !== cause.name)
        second.set(cause.name, (second.get(cause.name) ?? new Set()).add(caller));
    }
  }
  if (!is_deep) return;
  const callers = new Set([...second.values()].flatMap((names_of_one) => [...names_of_one]));
  const what = `callers of ${[...callers].slice(0, 8).join(", ")}`;
  const further = callers.size === 0 ? [] : await search([...callers], { step: "callers", what, words: true });
  if (further === undefined) return;
  for (const cause of causes) {
    const own = [...(second.get(cause.name ?? "") ?? [])];
    cause.callers = own
      .flatMap((caller) =>
        callsOf(caller, cause.file, further)
          .filter(({ path }) => !isTestPath(path))
          .slice(0, 3)
          .map(format),
      )
      .slice(0, max_listed);
  }
}

/** Adds the history of the first two files. */
export async function addHistory(causes: readonly RootCause[], git: Git | undefined): Promise<void> {
  const files = [...new Set(causes.map(({ file }) => file))].slice(0, 2);
  await Promise.all(
    files.map(async (file) => {
      const commits = (await git?.history(file, 8)) ?? [];
      const history = commits.map(
        ({ hash, subject, time }) => `${hash.slice(0, 10)} ${new Date(time * 1000).toISOString().slice(0, 10)} ${subject}`,
      );
      if (history.length > 0) for (const cause of causes) if (cause.file === file) cause.history = history;
    }),
  );
}

/** Returns the lines in the language of `file` that use a name, without definitions, imports and comments. */
function callsOf(name: string, file: string, hits: readonly Hit[]): Hit[] {
  const language = languageOf(file);
  const used = new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`);
  return hits.filter(
    ({ path, text }) =>
      language !== undefined &&
      languageOf(path) === language &&
      !isLibraryPath(path) &&
      used.test(text) &&
      !/^\s*(?:#|\/\/|\*|from\b|import\b|export \{|use\b|require)/.test(text) &&
      nameDefinedIn(path, text) !== name,
  );
}

const format = ({ path, line, text }: Hit): string => `${path}:${line}: ${text.trim().slice(0, 160)}`;
