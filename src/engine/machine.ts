import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { availableMemory } from "node:process";

/** What of the processor this process may use. */
export interface Cores {
  /** Processors the system schedules it on, hyper-threads counted each, and no more than a container's quota. */
  available: number;
  /** Cores behind them; as many as `available` where the system does not say. */
  physical: number;
}

/** Bytes of main memory: what can be had now without pushing others out, and a container's limit or all there is. */
export interface HostMemory {
  free: number;
  total: number;
}

const TOPOLOGY = "/sys/devices/system/cpu";

/** Reads the cores; on Linux from /sys and the control group, elsewhere what the system grants counts for both. */
export function readCores(): Cores {
  const granted = Math.max(1, Math.min(availableParallelism(), quota() ?? Number.POSITIVE_INFINITY));
  const siblings = siblingsOfAllowed();
  return { available: granted, physical: siblings === undefined ? granted : physicalCores(siblings, granted) };
}

export function readHostMemory(): HostMemory {
  const limit = process.constrainedMemory();
  return { free: availableMemory(), total: limit > 0 && limit < totalmem() ? limit : totalmem() };
}

/**
 * Cores behind processors whose hyper-threads are named as the system names them ("0,64"): those of one core have the same
 * text. At least 1, at most `granted`.
 */
export function physicalCores(siblings: readonly string[], granted: number): number {
  return Math.max(1, Math.min(granted, new Set(siblings).size));
}

/** The numbers in a list of processors as Linux writes it, e.g. "0-3,8". */
export function parseProcessorList(text: string): number[] {
  return text
    .trim()
    .split(",")
    .filter((part) => /^\d+(-\d+)?$/.test(part))
    .flatMap((part) => {
      const [first = 0, last = first] = part.split("-").map(Number);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
    });
}

/** Whole processors of a quota in cgroup's words, "<microseconds or max> <period>"; undefined where there is none. */
export function parseQuota(text: string): number | undefined {
  const [share, period] = text.trim().split(/\s+/).map(Number);
  if (share === undefined || period === undefined || !(share > 0) || !(period > 0)) return undefined;
  return Math.max(1, Math.floor(share / period));
}

function quota(): number | undefined {
  const second = read("/sys/fs/cgroup/cpu.max");
  if (second !== undefined) return parseQuota(second);
  const folder = "/sys/fs/cgroup/cpu";
  return parseQuota(`${read(`${folder}/cpu.cfs_quota_us`)?.trim()} ${read(`${folder}/cpu.cfs_period_us`)?.trim()}`);
}

function siblingsOfAllowed(): string[] | undefined {
  if (process.platform !== "linux") return undefined;
  const allowed = /^Cpus_allowed_list:\s*(.+)$/m.exec(read("/proc/self/status") ?? "")?.[1];
  const processors = allowed === undefined ? present() : parseProcessorList(allowed);
  const texts = processors.map((cpu) => read(`${TOPOLOGY}/cpu${cpu}/topology/thread_siblings_list`)?.trim());
  const known = texts.filter((text) => text !== undefined);
  return known.length === texts.length && known.length > 0 ? known : undefined;
}

function present(): number[] {
  try {
    return readdirSync(TOPOLOGY)
      .flatMap((name) => /^cpu(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
