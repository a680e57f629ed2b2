import type { DatabaseSync } from "node:sqlite";
import { queryGit } from "../git.ts";
import { withParts } from "./words.ts";

/** A commit, as far as it tells what its files are about. */
export interface Commit {
  subject: string;
  /** Relative to the workspace. */
  files: string[];
}

/** Most commits that are kept; older ones say little of what the code is now. */
export const max_commits = 3000;

/** What touches more files than this is about none of them. */
const max_files = 60;

/** The commit that a workspace is at; undefined outside a repository, and before its first commit. */
export async function headOf(root: string, signal: AbortSignal): Promise<string | undefined> {
  const answer = await queryGit(["rev-parse", "--verify", "-q", "HEAD"], root, signal);
  return answer.ok ? answer.stdout.toString("utf8").trim() : undefined;
}

/** The commits up to `head`, newest first; only those since `known`, where that is still part of the history. */
export async function readHistory(
  root: string,
  head: string,
  known: string | undefined,
  signal: AbortSignal,
): Promise<{ commits: Commit[]; follows: boolean }> {
  const log = (range: string) => {
    const form = ["--no-merges", "--no-renames", "--name-only", "--relative", "-z", "--format=%x01%s"];
    return queryGit(["log", "-n", String(max_commits), ...form, range, "--"], root, signal);
  };
  const since = known === undefined ? undefined : await log(`${known}..${head}`);
  const answer = since?.ok === true ? since : await log(head);
  if (!answer.ok) return { commits: [], follows: false };
  const commits: Commit[] = [];
  for (const entry of answer.stdout.toString("utf8").split("\u0001").slice(1)) {
    const [subject = "", ...names] = entry.split("\0");
    const files = names.map((name) => name.trim()).filter((name) => name !== "");
    if (files.length > 0 && files.length <= max_files) commits.push({ subject, files });
  }
  return { commits, follows: since?.ok === true };
}

/** The commit that the index knows of last. */
export const knownHead = (db: DatabaseSync): string | undefined => {
  const row = db.prepare("SELECT value FROM meta WHERE key = 'head'").get();
  return row === undefined ? undefined : String(row["value"]);
};

/** Puts commits, newest first, into the index; those that are too old leave it. */
export function putHistory(
  db: DatabaseSync,
  head: string,
  { commits, follows }: { commits: Commit[]; follows: boolean },
): void {
  if (!follows) db.exec("DELETE FROM commits; DELETE FROM subjects");
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

/** Most commits that speak for files. */
const max_speakers = 50;

/** How much past commits of the same words speak for files: those that touched few count more, and so do late ones. */
export function filesByHistory(db: DatabaseSync, match: string): Map<string, number> {
  const rows = db
    .prepare(
      `SELECT c.id, c.files, hit.score, (SELECT max(id) FROM commits) AS newest FROM
         (SELECT rowid AS id, -bm25(subjects) AS score FROM subjects WHERE subjects MATCH ? ORDER BY score DESC LIMIT ${max_speakers}) AS hit
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
