import type { DatabaseSync } from "node:sqlite";
import { queryGit } from "#workspace";
import { withParts } from "./words.ts";

/** A commit: its subject describes its files. */
export interface Commit {
  subject: string;
  /** Relative to the workspace. */
  files: string[];
}

/** Maximum number of commits in the index; older ones say little about the current code. */
export const max_commits = 3000;

/** The subject of a commit with more files does not describe any of them. */
const max_files = 60;

/** Returns the current commit of a workspace; undefined outside a repository or before the first commit. */
export async function headOf(root: string, signal: AbortSignal): Promise<string | undefined> {
  const answer = await queryGit(["rev-parse", "--verify", "-q", "HEAD"], root, signal);
  return answer.ok ? answer.stdout.toString("utf8").trim() : undefined;
}

/** Returns the commits up to `head`, newest first; only those since `known` if it can be found (`is_increment`). */
export async function readHistory(
  root: string,
  head: string,
  known: string | undefined,
  signal: AbortSignal,
): Promise<{ commits: Commit[]; is_increment: boolean }> {
  const log = (range: string) => {
    const form = ["--no-merges", "--no-renames", "--name-only", "--relative", "-z", "--format=%x01%s"];
    return queryGit(["log", "-n", String(max_commits), ...form, range, "--"], root, signal);
  };
  const since = known === undefined ? undefined : await log(`${known}..${head}`);
  const answer = since?.ok === true ? since : await log(head);
  if (!answer.ok) return { commits: [], is_increment: false };
  const commits: Commit[] = [];
  for (const entry of answer.stdout.toString("utf8").split("\u0001").slice(1)) {
    const [subject = "", ...names] = entry.split("\0");
    const files = names.map((name) => name.trim()).filter((name) => name !== "");
    if (files.length > 0 && files.length <= max_files) commits.push({ subject, files });
  }
  return { commits, is_increment: since?.ok === true };
}

/** Returns the newest commit in the index. */
export const knownHead = (db: DatabaseSync): string | undefined => {
  const row = db.prepare("SELECT value FROM meta WHERE key = 'head'").get();
  return row === undefined ? undefined : String(row["value"]);
};

/** Adds commits, newest first, to the index and removes the oldest beyond `max_commits`. */
export function putHistory(
  db: DatabaseSync,
  head: string,
  { commits, is_increment }: { commits: Commit[]; is_increment: boolean },
): void {
  if (!is_increment) db.exec("DELETE FROM commits; DELETE FROM subjects");
  const insert_commit = db.prepare("INSERT INTO commits (files) VALUES (?)");
  const insert_subject = db.prepare("INSERT INTO subjects (rowid, subject) VALUES (?, ?)");
  for (const { subject, files } of commits.toReversed()) {
    const { lastInsertRowid } = insert_commit.run(files.join("\n"));
    insert_subject.run(lastInsertRowid, withParts(subject));
  }
  const oldest = db.prepare("SELECT id FROM commits ORDER BY id DESC LIMIT 1 OFFSET ?").get(max_commits - 1);
  if (oldest !== undefined) {
    db.prepare("DELETE FROM subjects WHERE rowid < ?").run(Number(oldest["id"]));
    db.prepare("DELETE FROM commits WHERE id < ?").run(Number(oldest["id"]));
  }
  db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('head', ?)").run(head);
}

/** Maximum number of matching commits that score files. */
const max_matches = 50;

/** Scores files by past commits with the same words. Recent commits and commits with few files count more. */
export function filesByHistory(db: DatabaseSync, match: string): Map<string, number> {
  const rows = db
    .prepare(
      `SELECT c.id, c.files, hit.score, (SELECT max(id) FROM commits) AS newest FROM
         (SELECT rowid AS id, -bm25(subjects) AS score FROM subjects WHERE subjects MATCH ? ORDER BY score DESC LIMIT ${max_matches}) AS hit
       JOIN commits c USING (id)`,
    )
    .all(match);
  const scores = new Map<string, number>();
  for (const row of rows) {
    const files = String(row["files"]).split("\n");
    const age = (Number(row["newest"]) - Number(row["id"])) / 1000;
    const weight = Number(row["score"]) / Math.sqrt(files.length) / (1 + 2 * age);
    for (const file of files) scores.set(file, (scores.get(file) ?? 0) + weight);
  }
  return scores;
}
