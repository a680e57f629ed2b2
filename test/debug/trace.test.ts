import { describe, expect, test } from "vitest";
import { isLibraryPath, isTestPath } from "../../src/debug/path-kinds.ts";
import { readTraces, type ThrownError } from "../../src/debug/trace.ts";

/** Formats an error in one line: its language, class, relation, and frames, innermost first. */
const short = ({ language, type, relation, frames }: ThrownError): string =>
  [
    language,
    type ?? "-",
    relation ?? "-",
    ...frames.map((frame) => `${frame.path}:${frame.line}${frame.function === undefined ? "" : ` ${frame.function}`}`),
  ].join(" | ");

const read = (...lines: string[]): string[] => readTraces([lines.join("\n")]).thrown.map(short);

describe("Python", () => {
  test("a chain of causes: each error has its own frames and relation", () => {
    const chained = read(
      "Traceback (most recent call last):",
      '  File "/srv/shop/cart.py", line 4, in price',
      '    return row["price"]',
      "           ~~~^^^^^^^^^",
      "KeyError: 'price'",
      "",
      "The above exception was the direct cause of the following exception:",
      "",
      "Traceback (most recent call last):",
      '  File "/srv/shop/main.py", line 20, in <module>',
      "    checkout()",
      '  File "/srv/shop/cart.py", line 9, in checkout',
      '    raise CartError("no price") from error',
      "shop.errors.CartError: no price",
      "",
      "During handling of the above exception, another exception occurred:",
      "",
      "Traceback (most recent call last):",
      '  File "/srv/shop/log.py", line 2, in write',
      "    file.write(error)",
      "TypeError: write() argument must be str",
    );
    expect(chained).toEqual([
      "python | KeyError | cause | /srv/shop/cart.py:4 price",
      "python | shop.errors.CartError | context | /srv/shop/cart.py:9 checkout | /srv/shop/main.py:20 <module>",
      "python | TypeError | - | /srv/shop/log.py:2 write",
    ]);
  });

  test("an exception group: its members and their causes", () => {
    const group = read(
      "  + Exception Group Traceback (most recent call last):",
      '  |   File "/srv/g.py", line 14, in <module>',
      "  |     group()",
      "  | ExceptionGroup: several rows (2 sub-exceptions)",
      "  +-+---------------- 1 ----------------",
      "    | Traceback (most recent call last):",
      '    |   File "/srv/g.py", line 2, in load',
      '    |     return x["price"]',
      "    |            ~^^^^^^^^^",
      "    | KeyError: 'price'",
      "    | ",
      "    | The above exception was the direct cause of the following exception:",
      "    | ",
      "    | Traceback (most recent call last):",
      '    |   File "/srv/g.py", line 7, in outer',
      '    |     raise ValueError("bad row") from e',
      "    | ValueError: bad row",
      "    +---------------- 2 ----------------",
      "    | Traceback (most recent call last):",
      '    |   File "/srv/g.py", line 9, in other',
      "    | OSError: gone",
      "    +------------------------------------",
    );
    expect(group).toEqual([
      "python | ExceptionGroup | - | /srv/g.py:14 <module>",
      "python | KeyError | cause | /srv/g.py:2 load",
      "python | ValueError | member | /srv/g.py:7 outer",
      "python | OSError | member | /srv/g.py:9 other",
    ]);
  });

  test("pytest sections with colours: the failing line, a message of several lines, the innermost frame first", () => {
    const { thrown } = readTraces([
      [
        "\u001b[31m____________ test_total ____________\u001b[0m",
        "    def test_total():",
        ">       assert total([1]) == 2",
        "",
        "tests/test_cart.py:6: ",
        "_ _ _ _ _ _ _ _ _ _ _ _",
        "    def total(rows):",
        ">       return check(sum(rows))",
        "\u001b[1m\u001b[31mE       AssertionError: assert 1 == 2\u001b[0m",
        "E        +  where 1 = total([1])",
        "",
        "src/cart.py:9: AssertionError",
      ].join("\n"),
    ]);
    expect(thrown.map(short)).toEqual(["python | AssertionError | - | src/cart.py:9 | tests/test_cart.py:6"]);
    expect(thrown[0]?.message).toContain("where 1 = total([1])");
    expect(thrown[0]?.frames[1]?.source).toBe("assert total([1]) == 2");
  });

  test("a syntax error has a location without a function", () => {
    expect(
      read(
        "Traceback (most recent call last):",
        '  File "a.py", line 3',
        "    def f(:",
        "          ^",
        "SyntaxError: invalid syntax",
      ),
    ).toEqual(["python | SyntaxError | - | a.py:3"]);
  });
});

describe("Node", () => {
  test("an uncaught AggregateError with causes, from a file URL", () => {
    const thrown = read(
      "file:///srv/a%20b/n.mjs:2",
      "throw new AggregateError([e], 'many')",
      "      ^",
      "",
      "AggregateError: many",
      "    at main (file:///srv/a%20b/n.mjs:2:63)",
      "    at async file:///srv/a%20b/n.mjs:3:1 {",
      "  [errors]: [",
      "    TypeError: no price",
      "        at load (file:///srv/a%20b/n.mjs:1:43) {",
      "      [cause]: Error: row is",
      "      empty",
      "          at Store.load [as get] (webpack-internal:///./src/store.ts:1:78)",
      "          at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
      "          at async Promise.all (index 0)",
      "    },",
      "  ]",
      "}",
    );
    expect(thrown).toEqual([
      "node | AggregateError | - | /srv/a b/n.mjs:2 main | /srv/a b/n.mjs:3",
      "node | TypeError | member | /srv/a b/n.mjs:1 load",
      "node | Error | cause | src/store.ts:1 load | node:internal/process/task_queues:95 processTicksAndRejections",
    ]);
  });

  test("output of vitest and jest: arrows, bullets, anonymous objects", () => {
    const thrown = read(
      " FAIL  src/cart.test.ts > Cart > total adds",
      "AssertionError: expected 3 to be 4 // Object.is equality",
      "",
      "- Expected",
      "+ Received",
      "",
      " ❯ total src/cart.ts:8:9",
      " ❯ src/cart.test.ts:10:25",
      "  ● Cart › other",
      "",
      "    TypeError: Cannot read properties of undefined (reading 'price')",
      "",
      "      at Cart.total (src/cart.ts:12:20)",
      "      at Object.<anonymous> (src/cart.test.ts:20:5)",
    );
    expect(thrown).toEqual([
      "node | AssertionError | - | src/cart.ts:8 total | src/cart.test.ts:10",
      "node | TypeError | - | src/cart.ts:12 total | src/cart.test.ts:20",
    ]);
  });

  test("minified and Windows paths keep line and column", () => {
    const { thrown } = readTraces([
      "TypeError: x is not a function\n    at C:\\shop\\src\\cart.ts:12:20\n    at e.render (https://cdn.example.com/js/bundle.min.js:1:23456)",
    ]);
    expect(thrown[0]?.frames).toEqual([
      { path: "C:/shop/src/cart.ts", line: 12, column: 20 },
      { path: "https://cdn.example.com/js/bundle.min.js", line: 1, column: 23456, function: "render" },
    ]);
  });
});

test("Java: causes, suppressed exceptions, omitted frames, modules", () => {
  expect(
    read(
      'Exception in thread "main" java.lang.IllegalStateException: outer',
      "\tat com.shop.Cart.total(Cart.java:12)",
      "\tat java.base/java.lang.reflect.Method.invoke(Method.java:569)",
      "\tSuppressed: java.io.IOException: closing",
      "\t\tat com.shop.Store.close(Store.java:40)",
      "Caused by: java.lang.IllegalArgumentException: bad id",
      "\tat com.shop.Cart$Row.price(Cart.java:30)",
      "\tat com.shop.Store.read(Native Method)",
      "\t... 12 more",
    ),
  ).toEqual([
    "java | IllegalStateException | - | com/shop/Cart.java:12 total | java/lang/reflect/Method.java:569 invoke",
    "java | IOException | suppressed | com/shop/Store.java:40 close",
    "java | IllegalArgumentException | cause | com/shop/Cart.java:30 price",
  ]);
});

test("Go: the panicking goroutine first, without the runtime's own frames", () => {
  expect(
    read(
      "panic: runtime error: index out of range [3] with length 1 [recovered]",
      "\tpanic: runtime error: index out of range [3] with length 1",
      "",
      "goroutine 18 [running]:",
      "panic({0x5150a0?, 0xc00001c0d8?})",
      "\t/usr/local/go/src/runtime/panic.go:785 +0x132",
      "example.com/shop/cart.(*Cart).Total(...)",
      "\t/home/me/shop/cart/cart.go:21",
      "example.com/shop/cart.TestTotal(0xc0000c4680?)",
      "\t/home/me/shop/cart/cart_test.go:9 +0x1d",
      "",
      "goroutine 1 [chan receive]:",
      "main.main()",
      "\t/home/me/shop/main.go:12 +0x25",
    ),
  ).toEqual([
    "go | - | - | /home/me/shop/cart/cart.go:21 Total | /home/me/shop/cart/cart_test.go:9 TestTotal",
    "go | - | goroutine | /home/me/shop/main.go:12 main",
  ]);
});

test("Rust: both formats of a panic, and a backtrace", () => {
  expect(
    read(
      "thread 'main' panicked at src/main.rs:10:5:",
      "index out of bounds: the len is 1 but the index is 3",
      "stack backtrace:",
      "   1: core::panicking::panic_fmt",
      "             at /rustc/abc/library/core/src/panicking.rs:80:14",
      "   6: shop::cart::total::h0123456789abcdef",
      "             at ./src/cart.rs:1:34",
      "thread 'worker' panicked at 'called `Option::unwrap()` on a `None` value', src/work.rs:7:9",
    ),
  ).toEqual([
    "rust | panic | - | src/main.rs:10 | /rustc/abc/library/core/src/panicking.rs:80 panic_fmt | src/cart.rs:1 total",
    "rust | panic | - | src/work.rs:7",
  ]);
});

test("Ruby: quotes of old and new versions, blocks", () => {
  expect(
    read(
      "/srv/shop/lib/cart.rb:12:in 'Cart#total': undefined method '+' for nil (NoMethodError)",
      "\tfrom /srv/shop/lib/cart.rb:20:in `block in checkout'",
      "\tfrom bin/run.rb:3:in '<main>'",
    ),
  ).toEqual([
    "ruby | NoMethodError | - | /srv/shop/lib/cart.rb:12 total | /srv/shop/lib/cart.rb:20 checkout | bin/run.rb:3 <main>",
  ]);
});

test("reads several traces in one text, in order", () => {
  const thrown = read(
    'ERROR one\nTraceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nValueError: x',
    "thread 'main' panicked at src/main.rs:10:5:\nboom",
    "Error: y\n    at h (src/b.ts:3:4)",
  );
  expect(thrown.map((line) => line.split(" | ")[0])).toEqual(["python", "rust", "node"]);
});

test("a bare message is an error without frames, with its class if it has one", () => {
  const { thrown } = readTraces(["AuthenticationError: Invalid token signature", "connection refused by the store"]);
  expect(thrown).toMatchObject([
    { type: "AuthenticationError", message: "Invalid token signature", frames: [] },
    { message: "connection refused by the store", frames: [] },
  ]);
});

test("a location in other text is a frame too", () => {
  expect(read("src/cli/main.c:33:5: error: expected ';'")).toEqual(["text | - | - | src/cli/main.c:33"]);
});

describe("reads extreme input", () => {
  test("100,000 frames keep their innermost and outermost", () => {
    const frames = Array.from({ length: 100_000 }, (_, i) => `  File "/srv/m${i}.py", line ${i + 1}, in f\n    call()`);
    const { thrown, cuts } = readTraces([`Traceback (most recent call last):\n${frames.join("\n")}\nRecursionError: too deep`]);
    expect(thrown.at(-1)).toMatchObject({ type: "RecursionError" });
    expect(thrown.at(-1)?.frames[0]?.path).toBe("/srv/m99999.py");
    expect(cuts.join(" ")).toMatch(/error_traces\[0\] .* was not read.*frames in the middle/s);
  });

  test("recursion counts once", () => {
    const frame = '  File "/srv/m.py", line 3, in f\n    f()';
    const { thrown } = readTraces([`Traceback (most recent call last):\n${`${frame}\n`.repeat(900)}RecursionError: too deep`]);
    expect(thrown[0]?.frames).toHaveLength(1);
  });

  test.each([
    ["ten megabytes on one line", "x".repeat(10_000_000)],
    ["a million incomplete frames", "    at a (".repeat(1_000_000)],
    ["lines that provoke regular expression backtracking", `${"at "}${"a.".repeat(990)}\n`.repeat(2000)],
    ["random characters", Array.from({ length: 200_000 }, (_, i) => String.fromCharCode((i * 7919) % 65_536)).join("")],
    ["an empty text", ""],
  ])("%s", (_, text) => {
    expect(readTraces([text]).thrown.flatMap(({ frames }) => frames)).toEqual([]);
  });
});

test.each([
  ["/usr/lib/python3.11/json/decoder.py", true],
  ["/home/me/.venv/lib/python3.12/site-packages/click/core.py", true],
  ["node:internal/process/task_queues", true],
  ["/app/node_modules/express/lib/router.js", true],
  ["/home/me/.cargo/registry/src/serde/lib.rs", true],
  ["/usr/local/go/src/testing/testing.go", true],
  ["/rustc/abc/library/core/src/panicking.rs", true],
  ["<frozen importlib._bootstrap>", true],
  ["java/lang/reflect/Method.java", true],
  ["/srv/shop/cart.py", false],
  ["src/core/index.ts", false],
  ["com/shop/Cart.java", false],
  ["/home/me/go/shop/main.go", false],
])("%s is a library path: %s", (path, is_library) => {
  expect(isLibraryPath(path)).toBe(is_library);
});

test.each([
  "tests/test_a.py",
  "src/a.test.ts",
  "pkg/a_test.go",
  "spec/a_spec.rb",
  "src/test/java/com/shop/CartTest.java",
  "conftest.py",
])("%s is a test path", (path) => {
  expect(isTestPath(path)).toBe(true);
});

test.each(["src/contest.py", "src/testing.py", "src/latest/a.ts", "lib/spectrum.rb"])("%s is not a test path", (path) => {
  expect(isTestPath(path)).toBe(false);
});
