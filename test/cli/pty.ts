import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

/** Runs a command in a pseudo-terminal of argv[1] columns and writes what it writes to its stdout. */
const SCRIPT = `
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Whether there are pseudo-terminals to test in. */
export const HAS_PTY = spawnSync("python3", ["-c", "import fcntl, pty, termios"]).status === 0;

/** What a command writes to a terminal of some columns, stdout and stderr together; rejected where it fails. */
export async function runInTerminal(columns: number, command: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return (await bytesInTerminal(columns, command, env)).toString();
}

/** The same as the bytes that the terminal got. `timeout`: milliseconds. */
export async function bytesInTerminal(
  columns: number,
  command: readonly string[],
  env: NodeJS.ProcessEnv = {},
  timeout = 20_000,
): Promise<Buffer> {
  const args = ["-c", SCRIPT, String(columns), ...command];
  const { NO_COLOR: _, ...inherited } = process.env;
  const options = {
    env: { ...inherited, TERM: "xterm-256color", ...env },
    timeout,
    encoding: "buffer",
    maxBuffer: 1 << 28,
  } as const;
  return (await promisify(execFile)("python3", args, options)).stdout;
}
