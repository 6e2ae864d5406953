import { readFileSync } from "node:fs";

/** Bytes of memory that this process has held at most, mapped files included. */
export function peakMemory(): number {
  // What getrusage says on Linux begins with the peak of the process that forked this one.
  const peak = process.platform === "linux" ? /^VmHWM:\s+(\d+) kB$/m.exec(ownStatus()) : null;
  return 1024 * (peak === null ? process.resourceUsage().maxRSS : Number(peak[1]));
}

function ownStatus(): string {
  try {
    return readFileSync("/proc/self/status", "utf8");
  } catch {
    return "";
  }
}
