import type { Rule, RuleLine } from "./rule.ts";

const scripts = ["python", "javascript", "ruby"] as const;
const every = ["python", "javascript", "java", "go", "rust", "ruby"] as const;

const query =
  /\.(?:execute|executemany|executeQuery|executeUpdate|query|query_one|queryRow|QueryRow|Query|Exec|fetchone|fetchall|fetchrow|fetch_one|fetch_all|find_one|findOne|findMany|findFirst|findUnique|findById|findByPk|find_by|get_or_create|scalar|scalars)\s*\(|\.objects\.(?:get|filter|all|create)\s*\(|\bsession\.(?:get|query|add|commit)\s*\(/;
const network =
  /\b(?:requests|httpx|session|client|http|axios)\.(?:get|post|put|delete|patch|head|request|Get|Post)\s*\(|\burlopen\s*\(|(?<![.\w])fetch\s*\(|\bNet::HTTP\b|\bredis\w*\.\w+\s*\(/;
const file =
  /(?<![.\w])open\s*\(|\b(?:readFile|writeFile|readdir|stat|exists)(?:Sync)?\s*\(|\.read_text\s*\(|\bos\.(?:listdir|stat|walk)\s*\(|\bsubprocess\.\w+\s*\(|\bexecSync\s*\(|\bos\.(?:Open|ReadFile)\s*\(|\bFiles\.read/;

/** In the body of a loop that goes over several things: one that tries the same again is none. */
const inLoop = ({ loops, at, all }: RuleLine): boolean => {
  const own = loops.at(-1);
  return own !== undefined && own !== at && !isRetry(own, all.code);
};

/** Whether a loop tries one thing again until it succeeds: its rounds need each other. */
function isRetry(at: number, code: readonly string[]): boolean {
  const head = code[at] ?? "";
  if (/attempt|\bretr(?:y|ies)|\btries\b|backoff/i.test(head)) return true;
  // Over numbers, or endless; over a collection each round has a thing of its own.
  if (!/\bwhile\b|\bloop\b|\bin range\s*\(|\bfor\s*\(\s*(?:;|(?:let|var|int)\b[^;]*;)/.test(head)) return false;
  const indent = head.length - head.trimStart().length;
  const after = code.slice(at + 1, at + 60);
  const end = after.findIndex((line) => line.trim() !== "" && line.length - line.trimStart().length <= indent);
  const body = (end < 0 ? after : after.slice(0, end)).join("\n");
  return /\b(?:except|catch|rescue)\b/.test(body) && /\b(?:return|break)\b/.test(body);
}

/** In a loop whose rounds go on from where the one before ended, such as a page after a page. */
const isSequential = ({ loops, all }: RuleLine): boolean =>
  /^\s*(?:\}\s*)?(?:while|until|loop|do)\b/.test(all.code[loops.at(-1) ?? 0] ?? "");

/** The name of what is called, for a message. */
const called = (code: string, pattern: RegExp): string =>
  (pattern.exec(code)?.[0] ?? "").replace(/\s*\($/, "").replace(/^\./, "");

/** What makes code slow, as far as lines show it. */
export const performance_rules: readonly Rule[] = [
  {
    id: "query-in-loop",
    languages: every,
    area: "performance",
    severity: "warning",
    finds: (line) =>
      inLoop(line) &&
      query.test(line.code) &&
      `${called(line.code, query)} in the loop of line ${(line.loops.at(-1) ?? 0) + 1}`,
    message: "A query runs once for each round of a loop (N+1): {}.",
    advice: "Fetch all rows with one query before the loop (IN, a join, a batch), and look them up in a map.",
  },
  {
    id: "network-in-loop",
    languages: every,
    area: "performance",
    severity: "warning",
    finds: (line) =>
      inLoop(line) &&
      !query.test(line.code) &&
      network.test(line.code) &&
      `${called(line.code, network)} in the loop of line ${(line.loops.at(-1) ?? 0) + 1}`,
    message: "A request goes out for each round of a loop: {}.",
    advice: "Ask for all at once, or send the requests together with a limit.",
  },
  {
    id: "file-in-loop",
    languages: every,
    area: "performance",
    severity: "note",
    finds: (line) =>
      inLoop(line) && file.test(line.code) && `${called(line.code, file)} in the loop of line ${(line.loops.at(-1) ?? 0) + 1}`,
    message: "A file or a program is opened for each round of a loop: {}.",
    advice: "Read it once before the loop where it is the same, or read them together.",
  },
  {
    id: "await-in-loop",
    languages: ["javascript", "python"],
    area: "performance",
    severity: "warning",
    finds: (line) =>
      inLoop(line) &&
      !isSequential(line) &&
      /\bawait\b/.test(line.code) &&
      !query.test(line.code) &&
      !network.test(line.code) &&
      !/\bfor await\b|\b(?:gather|all|allSettled|race)\s*\(/.test(line.code) &&
      `the loop of line ${(line.loops.at(-1) ?? 0) + 1}`,
    message: "Each round waits for the one before: an await in {}.",
    advice: "Start them together and await all (Promise.all, asyncio.gather) where the rounds do not need each other.",
  },
  {
    id: "nested-loops",
    languages: every,
    area: "performance",
    severity: "note",
    finds: ({ loops, at }) => loops.length >= 2 && loops.at(-1) === at && `lines ${loops.map((loop) => loop + 1).join(", ")}`,
    message: "Loops stand within loops ({}): the work grows with the product of their lengths.",
    advice: "Index the inner collection by what is compared (a map, a set) before the outer loop.",
  },
  {
    id: "sleep",
    languages: every,
    area: "performance",
    severity: "warning",
    finds: ({ code }) =>
      /\b(?:time\.sleep|Thread\.sleep|time\.Sleep|thread::sleep|asyncio\.sleep|Kernel\.sleep|Atomics\.wait)\s*\(|^\s*sleep[\s(]\d/.test(
        code,
      ) && !/sleep\s*\(\s*0\s*\)/.test(code),
    message: "The code sleeps here: every call waits that long at least.",
    advice: "Wait for the event itself, or keep the pause to the way of errors.",
  },
  {
    id: "blocking-in-async",
    languages: ["python"],
    area: "performance",
    severity: "warning",
    finds: ({ in_async, code }) => {
      const found =
        /\b(?:requests\.\w+|time\.sleep|urllib\.request\.\w+|subprocess\.(?:run|call|check_output)|sqlite3\.connect|psycopg2\.connect)\s*\(|(?<![.\w])open\s*\(/.exec(
          code,
        );
      return in_async && (found?.[0].replace(/\s*\($/, "") ?? false);
    },
    message: "A blocking call stands in an async function: {} stops every other task of the event loop meanwhile.",
    advice: "Use the asynchronous counterpart, or hand it to a thread (asyncio.to_thread).",
  },
  {
    id: "sync-io",
    languages: ["javascript"],
    area: "performance",
    severity: "warning",
    finds: ({ code, in_function }) =>
      in_function &&
      (/\b((?:read|write|append|copy)FileSync|(?:readdir|stat|lstat|exists|mkdir|exec|execFile|spawn|pbkdf2|scrypt|gzip|gunzip|deflate)Sync)\s*\(/.exec(
        code,
      )?.[1] ??
        false),
    message: "Synchronous I/O in a function: {} stops the whole process meanwhile.",
    advice: "Use its asynchronous counterpart wherever requests are served.",
  },
  {
    id: "compile-in-loop",
    languages: scripts,
    area: "performance",
    severity: "note",
    finds: (line) => inLoop(line) && /\bre\.compile\s*\(|\bnew RegExp\s*\(|\bRegexp\.new\b/.test(line.code),
    message: "A regular expression is compiled again in each round of a loop.",
    advice: "Compile it once, outside the loop.",
  },
  {
    id: "copy-in-loop",
    languages: scripts,
    area: "performance",
    severity: "note",
    finds: (line) =>
      inLoop(line) &&
      /\bdeepcopy\s*\(|JSON\.parse\s*\(\s*JSON\.stringify|\bcloneDeep\s*\(|\bstructuredClone\s*\(|\bsorted\s*\(|\.sort\s*\(/.test(
        line.code,
      ),
    message: "A whole value is copied or sorted again in each round of a loop.",
    advice: "Do it once outside the loop, or keep the value in order.",
  },
  {
    id: "unbounded-cache",
    languages: ["python", "javascript"],
    area: "performance",
    severity: "warning",
    finds: ({ code, all, in_function }) => {
      if (/lru_cache\s*\(\s*(?:maxsize\s*=\s*)?None|^\s*@(?:functools\.)?cache\s*$/.test(code)) return "it has no maximum size";
      const name =
        /^\s*(?:export\s+)?(?:const|let|var)?\s*(\w*(?:cache|memo)\w*)\s*(?::[^=]+)?=\s*(?:\{\s*\}|dict\(\)|new Map\b.*|defaultdict\(.*\))\s*;?\s*$/i.exec(
          code,
        )?.[1];
      if (in_function || name === undefined) return false;
      const is_emptied = all.code.some((line) =>
        new RegExp(
          `\\b${name}\\.(?:pop|popitem|clear|delete)\\b|\\bdel ${name}\\[|\\blen\\(${name}\\)|\\b${name}\\.size\\b`,
        ).test(line),
      );
      return !is_emptied && `nothing is ever taken out of ${name}`;
    },
    message: "A cache grows without bound: {}.",
    advice: "Give it a maximum size or a time to live.",
  },
  {
    id: "select-all",
    languages: every,
    area: "performance",
    severity: "note",
    finds: ({ text, code }) => /["'`]\s*SELECT\s+\*\s+FROM\b(?!.*\bLIMIT\b)/i.test(text) && !/^\s*$/.test(code),
    message: "A query fetches every column of rows without a limit.",
    advice: "Name the columns that are needed, and page through the rows.",
  },
];
