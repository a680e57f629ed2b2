/**
 * `node test/bench/retrieval.ts REPOSITORY… [--commits N]` measures how well `rag:` finds the files that a change touches.
 * The questions are a repository's own commits: the query is the subject, the answers are the source files that it changed,
 * and the tree is that of the parent commit. The baseline is plain BM25 on whole files, with the same SQLite and words.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { mergeRanks } from "../../src/context/auto.ts";
import { rankFiles } from "../../src/context/relevance.ts";
import { loadSqlite } from "../../src/files/index.ts";
import { knownHead, putHistory, readHistory } from "../../src/search/history.ts";
import { fileKind, isTest } from "../../src/search/kinds.ts";
import { search } from "../../src/search/search.ts";
import { openStore } from "../../src/search/store.ts";
import { applyFile, findChanges, readForIndex } from "../../src/search/update.ts";
import { queryWords, withParts } from "../../src/search/words.ts";
import { createSourceParser } from "../../src/workspace/parser.ts";

/** A commit as a question. */
interface Question {
  sha: string;
  subject: string;
  /** Existing code that it changed, without tests. */
  answers: string[];
}

/** The quality of a search method. */
export interface Quality {
  recall_at_10: number;
  mrr: number;
}

function questionsOf(git: (...args: string[]) => string, max_questions: number): Question[] {
  const log = git(
    "log",
    "--no-merges",
    "--no-renames",
    "--diff-filter=M",
    "--name-only",
    "--format=%x01%H%x02%s",
    "-n",
    "5000",
  );
  const questions: Question[] = [];
  for (const entry of log.split("\u0001").slice(1)) {
    const [head = "", ...names] = entry.split("\n");
    const [sha = "", subject = ""] = head.split("\u0002");
    const answers = names.filter((name) => name !== "" && fileKind(name) === "code" && !isTest(name));
    // Skips commits that change many files, and subjects that are short or generated.
    const words = queryWords(subject.replace(/\(?#\d+\)?/g, ""));
    if (answers.length === 0 || answers.length > 8 || words.length < 3) continue;
    if (
      /^(?:revert|merge|bump|release|update dependenc|v?\d+\.\d)|^(?:chore|build|ci)\b.*(?:deps|release|version)|pre-commit/i.test(
        subject,
      )
    )
      continue;
    questions.push({ sha, subject: subject.replace(/\s*\(?#\d+\)?/g, ""), answers });
    if (questions.length === max_questions) break;
  }
  return questions.reverse();
}

function score(ranked: readonly string[], answers: readonly string[]): Quality {
  const found = answers.filter((answer) => ranked.slice(0, 10).includes(answer)).length;
  const first = ranked.findIndex((path) => answers.includes(path));
  return { recall_at_10: found / Math.min(answers.length, 10), mrr: first === -1 ? 0 : 1 / (first + 1) };
}

/** The naive method: whole files in one table. */
function openBaseline() {
  const { DatabaseSync } = loadSqlite();
  const db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE files (id INTEGER PRIMARY KEY, path TEXT UNIQUE)");
  db.exec("CREATE VIRTUAL TABLE words USING fts5(body, content='', contentless_delete=1, tokenize='porter unicode61')");
  const remove = (path: string): void => {
    const row = db.prepare("SELECT id FROM files WHERE path = ?").get(path);
    if (row === undefined) return;
    db.prepare("DELETE FROM words WHERE rowid = ?").run(Number(row["id"]));
    db.prepare("DELETE FROM files WHERE path = ?").run(path);
  };
  return {
    remove,
    put(path: string, text: string) {
      remove(path);
      const { lastInsertRowid } = db.prepare("INSERT INTO files (path) VALUES (?)").run(path);
      db.prepare("INSERT INTO words (rowid, body) VALUES (?, ?)").run(
        lastInsertRowid,
        `${withParts(path)}\n${withParts(text)}`,
      );
    },
    search(query: string): string[] {
      const match = queryWords(query)
        .map((word) => `"${word}"`)
        .join(" OR ");
      const sql =
        "SELECT path FROM (SELECT rowid AS id, rank FROM words WHERE words MATCH ? ORDER BY rank LIMIT 200) JOIN files USING (id) ORDER BY rank";
      return db
        .prepare(sql)
        .all(match)
        .map((row) => String(row["path"]));
    },
  };
}

/** The compared methods: `rag:`, whole files, whole files of code only, `auto`, and `auto` by paths only. */
const methods = ["index", "baseline", "code_only", "auto", "auto_paths"] as const;
type Method = (typeof methods)[number];

/** Walks through the history of a repository and queries each commit's parent for the files that the commit changes. */
export async function measureRetrieval(
  repository: string,
  commits: number,
): Promise<{ questions: number } & Record<Method, Quality>> {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-retrieval-"));
  const tree = join(folder, "tree");
  execFileSync("git", ["clone", "-q", "--shared", "--no-checkout", repository, tree]);
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", tree, ...args], { encoding: "utf8", maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "ignore"] });
  const store = openStore(join(folder, "rag.sqlite"));
  const baseline = openBaseline();
  const parser = createSourceParser();
  // `fromEntries` does not keep the type of the keys.
  const sums = Object.fromEntries(methods.map((method) => [method, { recall_at_10: 0, mrr: 0 }])) as Record<Method, Quality>;
  let questions = 0;
  try {
    for (const { sha, subject, answers } of questionsOf(git, commits)) {
      git("checkout", "-q", "-f", `${sha}^`);
      const known = store.files();
      const { changed, removed } = findChanges(tree, git("ls-files", "-z").split("\0").filter(Boolean), known);
      store.db.exec("BEGIN");
      for (const path of removed) {
        store.remove(path);
        baseline.remove(path);
      }
      for (const path of changed) {
        const read = await readForIndex(tree, path, known.get(path)?.hash, parser);
        if (read === undefined) continue;
        applyFile(store, read);
        if (read.chunks !== undefined)
          baseline.put(path, read.file.hash === "binary" ? "" : readFileSync(join(tree, path), "utf8"));
      }
      const head = git("rev-parse", "HEAD").trim();
      const history = await readHistory(tree, head, knownHead(store.db), new AbortController().signal);
      putHistory(store.db, head, history);
      store.db.exec("COMMIT");
      const expected = answers.filter((answer) => existsSync(join(tree, answer)));
      if (expected.length === 0) continue;
      questions++;
      const ranked = baseline.search(subject);
      const hits = search(store.db, subject);
      const paths = [...store.files().keys()].sort();
      const by_path = rankFiles(subject, paths, 8);
      const results = {
        index: hits.map(({ path }) => path),
        auto: mergeRanks(by_path, hits).slice(0, 8),
        auto_paths: by_path.map(({ file }) => file),
        baseline: ranked,
        // The stronger baseline: it knows that only code is wanted.
        code_only: ranked.filter((path) => fileKind(path) === "code" && !isTest(path)),
      };
      for (const method of methods) {
        const { recall_at_10, mrr } = score(results[method], expected);
        sums[method].recall_at_10 += recall_at_10;
        sums[method].mrr += mrr;
      }
    }
  } finally {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const mean = ({ recall_at_10, mrr }: Quality): Quality => ({ recall_at_10: recall_at_10 / questions, mrr: mrr / questions });
  const means = Object.fromEntries(methods.map((method) => [method, mean(sums[method])])) as Record<Method, Quality>;
  return { questions, ...means };
}

if (process.argv[1] === import.meta.filename) {
  const args = process.argv.slice(2);
  const at = args.indexOf("--commits");
  const commits = at === -1 ? 200 : Number(args.splice(at, 2)[1]);
  const show = ({ recall_at_10, mrr }: Quality): string => `${recall_at_10.toFixed(3)} ${mrr.toFixed(3)}`;
  process.stdout.write(
    "repository  questions  recall@10 and MRR of: rag, whole files, whole files of code, auto, paths only\n",
  );
  for (const repository of args) {
    const found = await measureRetrieval(repository, commits);
    const name = basename(repository) === "repo" ? basename(dirname(repository)) : basename(repository);
    process.stdout.write(`${name}  ${found.questions}  ${methods.map((method) => show(found[method])).join("  ")}\n`);
  }
}
