/** Which processes belong to a tree. */
import { afterEach, expect, test, vi } from "vitest";
import type { Member, ProcessSnapshot, ProcessTable } from "../../src/process/process-table.ts";
import { inspectTree, type ProcessTree, signalTree } from "../../src/process/tree.ts";

afterEach(() => vi.restoreAllMocks());

const [leader, escapee] = [900_001, 900_002];

/** Makes a snapshot with one member outside the session, and with the given processes in a session with the leader's id. */
const snapshotWith = (in_session: Member[]): ProcessSnapshot => ({
  taken_at: 0,
  by_session: new Map([[leader, in_session]]),
  by_token: new Map([["token", [{ pid: escapee, group: escapee }]]]),
  by_output: new Map(),
  sessions: new Set(in_session.map(({ pid }) => pid)),
  uncertainty: "none",
});

test("does not signal a leader's id that another process has received while a member outside the session lives", () => {
  let snapshot = snapshotWith([]);
  const table: ProcessTable = {
    has_proc_fs: true,
    snapshot: () => snapshot,
    isEmptySince: () => false,
    prepare() {},
    close() {},
  };
  const tree: ProcessTree = {
    leader,
    token: "token",
    outputs: [],
    started_at: 0,
    leader_exited_at: 0,
    session_empty: false,
    empty_checks: { last: undefined, count: 0 },
    empty_session_checks: { last: undefined, count: 0 },
  };
  const kill = vi.spyOn(process, "kill").mockImplementation(() => {
    throw Object.assign(new Error("No such group"), { code: "ESRCH" });
  });
  expect(inspectTree(tree, table, "now").members.map(({ pid }) => pid)).toEqual([escapee]);

  snapshot = snapshotWith([{ pid: leader, group: leader }]);
  kill.mockReset().mockReturnValue(true);
  signalTree(tree, table, "SIGKILL");
  expect(kill.mock.calls.filter(([, signal]) => signal === "SIGKILL")).toEqual([[escapee, "SIGKILL"]]);
});
