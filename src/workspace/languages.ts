/** Languages by file extension. */
const by_extension: Readonly<Record<string, string>> = {
  bash: "bash",
  c: "c",
  cc: "cpp",
  clj: "clojure",
  cpp: "cpp",
  cs: "c-sharp",
  css: "css",
  cts: "typescript",
  cxx: "cpp",
  dart: "dart",
  erl: "erlang",
  ex: "elixir",
  exs: "elixir",
  go: "go",
  gradle: "groovy",
  h: "c",
  hpp: "cpp",
  hs: "haskell",
  html: "html",
  ini: "ini",
  java: "java",
  js: "javascript",
  json: "json",
  jsx: "javascript",
  kt: "kotlin",
  lua: "lua",
  md: "markdown",
  mjs: "javascript",
  cjs: "javascript",
  mts: "typescript",
  php: "php",
  pl: "perl",
  proto: "protobuf",
  ps1: "powershell",
  py: "python",
  pyi: "python",
  pyx: "python",
  r: "r",
  rake: "ruby",
  rb: "ruby",
  rs: "rust",
  rst: "restructuredtext",
  scala: "scala",
  scss: "scss",
  sh: "bash",
  sql: "sql",
  svelte: "svelte",
  swift: "swift",
  tf: "terraform",
  toml: "toml",
  ts: "typescript",
  tsx: "tsx",
  vue: "vue",
  xml: "xml",
  yaml: "yaml",
  yml: "yaml",
  zig: "zig",
};

/** Returns the extensions of languages, without the dot. */
export const extensionsOf = (languages: ReadonlySet<string>): string[] =>
  Object.keys(by_extension).filter((extension) => languages.has(by_extension[extension] ?? ""));

/** Returns the language of a file by its name, or undefined if the name is not known. */
export function languageOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  if (name === "dockerfile") return "dockerfile";
  if (name === "makefile") return "make";
  const dot = name.lastIndexOf(".");
  return dot <= 0 || !Object.hasOwn(by_extension, name.slice(dot + 1)) ? undefined : by_extension[name.slice(dot + 1)];
}
