import { languageOf } from "#workspace";

const prose = new Set(["markdown", "restructuredtext"]);
const data = new Set(["json", "yaml", "toml", "ini", "xml"]);

/** Classifies a file by its name. */
export function fileKind(path: string): "code" | "prose" | "data" {
  const language = languageOf(path);
  if (language === undefined) return /\.(?:txt|adoc|org)$|(?:^|\/)[A-Z]+$/.test(path) ? "prose" : "data";
  return prose.has(language) ? "prose" : data.has(language) ? "data" : "code";
}

/** Whether a path is that of test code, by the conventions of common languages. */
export const isTest = (path: string): boolean =>
  /(?:^|\/)(?:tests?|specs?|__tests__|testing|e2e|fixtures?|__mocks__|testdata|playground|benchmarks?)\//i.test(path) ||
  /(?:^|\/)(?:test_[^/]*|conftest\.py)$|[._-](?:test|spec|tests)\.[^/]+$|Tests?\.[a-z]+$/.test(path);
