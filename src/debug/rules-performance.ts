import type { Rule, RuleLine } from "./rule.ts";

const scripts = ["python", "javascript", "ruby"] as const;
const every = ["python", "javascript", "java", "go", "rust", "ruby"] as const;

const query =
  /\.(?:execute|executemany|executeQuery|executeUpdate|query|query_one|queryRow|QueryRow|Query|Exec|fetchone|fetchall|fetchrow|fetch_one|fetch_all|find_one|findOne|findMany|findFirst|findUnique|findById|findByPk|find_by|get_or_create|scalar|scalars)\s*\(|\.objects\.(?:get|filter|all|create)\s*\(|\bsession\.(?:get|query|add|commit)\s*\(/;
const network =
  /\b(?:requests|httpx|session|client|http|axios)\.(?:get|post|put|delete|patch|head|request|Get|Post)\s*\(|\burlopen\s*\(|(?<![.\w])fetch\s*\(|\bNet::HTTP\b|\bredis\w*\.\w+\s*\(/;
const file =
  /(?<![.\w])open\s*\(|\b(?:readFile|writeFile|readdir|stat|exists)(?:Sync)?\s*\(|\.read_text\s*\(|\bos\.(?:listdir|stat|walk)\s*\(|\bsubprocess\.\w+\s*\(|\bexecSync\s*\(|\bos\.(?:Open|ReadFile)\s*\(|\bFiles\.read/;

/** Whether a line is in the body of a loop that is not a retry loop. */
const inLoop = ({ loops, at, all }: RuleLine): boolean => {
  const own = loops.at(-1);
  return own !== undefined && own !== at && !isRetry(own, all.code);
};

/** Whether a loop retries one operation until it succeeds, so that its iterations cannot be combined. */
function isRetry(at: number, code: readonly string[]): boolean {
  const head = code[at] ?? "";
  if (/attempt|\bretr(?:y|ies)|\btries\b|backoff/i.test(head)) return true;
  // Only endless loops and loops over numbers retry; a loop over a collection handles a new item each time.
  if (!/\bwhile\b|\bloop\b|\bin range\s*\(|\bfor\s*\(\s*(?:;|(?:let|var|int)\b[^;]*;)/.test(head)) return false;
  const indent = head.length - head.trimStart().length;
  const after = code.slice(at + 1, at + 60);
  const end = after.findIndex((line) => line.trim() !== "" && line.length - line.trimStart().length <= indent);
  const body = (end < 0 ? after : after.slice(0, end)).join("\n");
  return /\b(?:except|catch|rescue)\b/.test(body) && /\b(?:return|break)\b/.test(body);
}

/** Whether each iteration of the loop continues from the previous one, such as in pagination. */
const isSequential = ({ loops, all }: RuleLine): boolean =>
  /^\s*(?:\}\s*)?(?:while|until|loop|do)\b/.test(all.code[loops.at(-1) ?? 0] ?? "");

/** Returns the name of the matched call for a message. */
const called = (code: string, pattern: RegExp): string =>
  (pattern.exec(code)?.[0] ?? "").replace(/\s*\($/, "").replace(/^\./, "");

/** Rules that find slow code in single lines. */
export const performance_rules: readonly Rule[] = [
  {
    id: "query-in-loop",
    languages: every,
    area: "performance",
    severity: "warning",
    finds: (line) =>
      inLoop(line) &&
      query.test(line.code) &&
      `${called(line.code, query)} in the loop at line ${(line.loops.at(-1) ?? 0) + 1}`,
    message: "A query runs in every iteration of a loop (N+1): {}.",
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
      `${called(line.code, network)} in the loop at line ${(line.loops.at(-1) ?? 0) + 1}`,
    message: "A request is sent in every iteration of a loop: {}.",
    advice: "Request everything at once, or send the requests concurrently with a limit.",
  },
  {
    id: "file-in-loop",
    languages: every,
    area: "performance",
    severity: "note",
    finds: (line) =>
      inLoop(line) && file.test(line.code) && `${called(line.code, file)} in the loop at line ${(line.loops.at(-1) ?? 0) + 1}`,
    message: "A file is opened or a program is started in every iteration of a loop: {}.",
    advice: "If it is the same each time, read it once before the loop; otherwise, read the files concurrently.",
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
      `the loop at line ${(line.loops.at(-1) ?? 0) + 1}`,
    message: "Each iteration waits for the previous one: an await in {}.",
    advice: "If the iterations are independent, start them together and await all (Promise.all, asyncio.gather).",
  },
  {
    id: "nested-loops",
    languages: every,
    area: "performance",
    severity: "note",
    finds: ({ loops, at }) => loops.length >= 2 && loops.at(-1) === at && `lines ${loops.map((loop) => loop + 1).join(", ")}`,
    message: "Loops are nested ({}): the work grows with the product of their lengths.",
    advice: "Before the outer loop, index the inner collection by the compared value (a map, a set).",
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
    message: "The code sleeps here: every call waits at least that long.",
    advice: "Wait for the event itself, or sleep only after an error.",
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
    message: "An async function makes a blocking call: {} blocks every other task of the event loop.",
    advice: "Use the asynchronous counterpart, or run it in a thread (asyncio.to_thread).",
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
    message: "A function uses synchronous I/O: {} blocks the whole process.",
    advice: "Use the asynchronous counterpart in code that serves requests.",
  },
  {
    id: "compile-in-loop",
    languages: scripts,
    area: "performance",
    severity: "note",
    finds: (line) => inLoop(line) && /\bre\.compile\s*\(|\bnew RegExp\s*\(|\bRegexp\.new\b/.test(line.code),
    message: "A regular expression is compiled again in every iteration of a loop.",
    advice: "Compile it once, before the loop.",
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
    message: "A whole value is copied or sorted again in every iteration of a loop.",
    advice: "Copy or sort it once before the loop, or keep the value sorted.",
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
      return !is_emptied && `nothing is ever removed from ${name}`;
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
    advice: "Select only the columns that are needed, and page through the rows.",
  },
];
