import { execFileSync } from "node:child_process";

export interface Process {
  pid: number;
  parent: number;
  /** Process id of the first process of its group. */
  group: number;
  args: string;
}

/** The processes there are; those that only wait to be collected are left out, and so is the one that lists them. */
export function processes(): Process[] {
  // `ps` stands still under a preloaded sanitizer.
  const options = { encoding: "utf8", env: { ...process.env, LD_PRELOAD: "" } } as const;
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat=,args="], options);
  return table.split("\n").flatMap((line) => {
    const [, pid, parent, group, state, args] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (args === undefined || state?.startsWith("Z") === true || args.startsWith("ps -A ")) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), args }];
  });
}

/** Process ids of the processes in a group, which is named by its first process. */
export function groupProcesses(group: number): number[] {
  return processes().flatMap((one) => (one.group === group ? [one.pid] : []));
}

/** Process ids of the engine processes whose parent is `parent`. */
export function engineProcesses(parent: number): number[] {
  return processes().flatMap((one) =>
    one.parent === parent && one.args.includes("engine/host/child.js") ? [one.pid] : [],
  );
}

/** Whether a process is there and not just waiting to be collected. */
export function isAlive(pid: number): boolean {
  return processes().some((one) => one.pid === pid);
}
