import { systemCode } from "#errors";
import type { Member, Observer } from "./census.ts";

/** How long a command may have run for its process id to tell that others are newer: no system wraps ids this fast. */
const no_wrap_ms = 1000;

/** A started command and everything that it started. */
export interface ProcessTree {
  /** The first process; also the id of its process group and of its session. */
  leader: number;
  /** Stands in the environment of each member, and of nothing else. */
  token: string;
  /** By `performance.now()`. */
  started_at: number;
  /** Its first process has been reaped: from now on the number is held only by those left in its session. */
  leader_exited: boolean;
  /** Nobody is left in its session either, so that the number may soon be another's: it is never used again. */
  session_empty: boolean;
}

/**
 * The members that live: those of the session that the leader began, and every process that carries the token, whatever
 * session it has moved to. A zombie is gone. Where there is no /proc, a group that answers counts as its leader.
 *
 * What escapes: a process that leaves the session and drops the token, both; one that hides its environment
 * (set-user-id programs, `ssh-agent`); and, without /proc, one that leaves the group.
 */
export function liveMembers(tree: ProcessTree, observer: Observer, moment: "now" | "lately"): Member[] {
  const { leader, token } = tree;
  const answers = !tree.session_empty && groupAnswers(leader);
  const leader_alone = [{ pid: leader, group: leader }];
  if (!observer.sees) {
    if (tree.leader_exited && !answers) tree.session_empty = true;
    return answers ? leader_alone : [];
  }
  const { by_session, by_token, sessions } = observer.census(moment);
  const members = new Map<number, Member>();
  if (!tree.session_empty) for (const member of by_session.get(leader) ?? []) members.set(member.pid, member);
  for (const member of by_token.get(token) ?? []) members.set(member.pid, member);
  // A group that answers and that nobody can see: /proc hides other users' processes here (hidepid).
  if (answers && members.size === 0 && !sessions.has(leader)) return leader_alone;
  if (tree.leader_exited && !answers && !sessions.has(leader)) tree.session_empty = true;
  return [...members.values()];
}

/** Whether the leader has left nobody behind; told without a census where that can be done. */
export function leftNobody(tree: ProcessTree, observer: Observer, known: ReadonlyMap<number, ProcessTree>): boolean {
  const is_recent = performance.now() - tree.started_at < no_wrap_ms;
  if (observer.sees && is_recent && !groupAnswers(tree.leader) && observer.nobodySince(tree.leader, tree.token, known)) {
    tree.session_empty = true;
    return true;
  }
  return liveMembers(tree, observer, "now").length === 0;
}

/** Sends a signal to the group, at one blow, then to each member outside it. Returns the members that refused it. */
export function signalTree(tree: ProcessTree, observer: Observer, signal: NodeJS.Signals): number[] {
  const refused: number[] = [];
  const send = (pid: number): void => {
    try {
      process.kill(pid, signal);
      // Who is stopped hears of SIGTERM only when it goes on.
      if (signal === "SIGTERM") process.kill(pid, "SIGCONT");
    } catch (error) {
      if (systemCode(error) === "EPERM") refused.push(Math.abs(pid));
    }
  };
  if (!tree.session_empty) send(-tree.leader);
  if (observer.sees) {
    for (const { pid, group } of liveMembers(tree, observer, "now")) if (group !== tree.leader) send(pid);
  }
  return refused;
}

function groupAnswers(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}
