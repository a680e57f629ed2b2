/** Folders and names that hold code which is not the user's own. */
const library_path =
  /(^|\/)(site-packages|dist-packages|node_modules|bower_components|vendor|third_party|\.cargo|\.rustup|\.venv|venv|\.tox|\.nox|\.m2|\.gradle|\.bundle|\.yarn|\.pnpm-store|__pypackages__)\/|(^|\/)(python\d(\.\d+)?|pypy[\d.]*)\/(?!.*\/(?:src|app)\/)|^(?:node|internal|ext|deno|bun):|^node:internal|^internal\/|^<|\/rustc\/|^library\/(?:std|core|alloc)\/|\/(?:usr\/(?:local\/)?go|go\d[\d.]*|goroot|hostedtoolcache\/go\/[^/]+\/[^/]+)\/src\/|\/pkg\/mod\/|\/(?:gems|rubies)\/|\/lib\/ruby\/|^(?:java|javax|jdk|sun|kotlin|scala)\/|^(?:org\/(?:junit|springframework|apache|hibernate|gradle|mockito)|com\/(?:sun|intellij)|io\/netty|reactor)\/|^_?testmain\.go$|^webpack\/|\(internal\//i;

/** Whether a frame's path (see `plainPath`) is of a library, a runtime or generated code rather than the user's own. */
export function isLibraryPath(path: string): boolean {
  return library_path.test(path);
}

/** Whether a path is of a test or of what tests stand on: rarely where a fault is. */
export function isTestPath(path: string): boolean {
  return /(^|\/)(tests?|specs?|__tests__|__mocks__|testing_?data|fixtures|runtime[-_]tests?|e2e|it)\/|(^|\/)(test_[^/]*|[^/]*_(test|spec)|conftest|[^/]*[._-](test|spec|bench|stories)(-d)?|[^/]*Tests?|[^/]*Spec|setup-?tests?)\.\w+$/.test(
    path,
  );
}

/** Whether a path is of documents, examples and the like: seldom the cause, even where words match. */
export function isPeripheralPath(path: string): boolean {
  return /(^|\/)(docs?|examples?|benchmarks?|bench|samples?|demos?|playground|scripts?|deno_dist|dist|build|out|coverage|migrations|\.github|perf-measures)\//.test(
    path,
  );
}
