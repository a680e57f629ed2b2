/** Paths of libraries, runtimes and generated code. */
const library_path =
  /(^|\/)(site-packages|dist-packages|node_modules|bower_components|vendor|third_party|\.cargo|\.rustup|\.venv|venv|\.tox|\.nox|\.m2|\.gradle|\.bundle|\.yarn|\.pnpm-store|__pypackages__)\/|(^|\/)(python\d(\.\d+)?|pypy[\d.]*)\/(?!.*\/(?:src|app)\/)|^(?:node|internal|ext|deno|bun):|^node:internal|^internal\/|^<|\/rustc\/|^library\/(?:std|core|alloc)\/|\/(?:usr\/(?:local\/)?go|go\d[\d.]*|goroot|hostedtoolcache\/go\/[^/]+\/[^/]+)\/src\/|\/pkg\/mod\/|\/(?:gems|rubies)\/|\/lib\/ruby\/|^(?:java|javax|jdk|sun|kotlin|scala)\/|^(?:org\/(?:junit|springframework|apache|hibernate|gradle|mockito)|com\/(?:sun|intellij)|io\/netty|reactor)\/|^_?testmain\.go$|^webpack\/|\(internal\//i;

/** Whether a frame's path (see `normalizePath`) belongs to a library, a runtime or generated code. */
export function isLibraryPath(path: string): boolean {
  return library_path.test(path);
}

/** Whether a path belongs to a test or to test support, where faults are rare. */
export function isTestPath(path: string): boolean {
  return /(^|\/)(tests?|specs?|__tests__|__mocks__|testing_?data|fixtures|runtime[-_]tests?|e2e|it)\/|(^|\/)(test_[^/]*|[^/]*_(test|spec)|conftest|[^/]*[._-](test|spec|bench|stories)(-d)?|[^/]*Tests?|[^/]*Spec|setup-?tests?)\.\w+$/.test(
    path,
  );
}

/** Whether a path belongs to documentation, examples, scripts or build output, which are rarely the cause even if words match. */
export function isPeripheralPath(path: string): boolean {
  return /(^|\/)(docs?|examples?|benchmarks?|bench|samples?|demos?|playground|scripts?|deno_dist|dist|build|out|coverage|migrations|\.github|perf-measures)\//.test(
    path,
  );
}
