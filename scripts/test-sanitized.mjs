// Runs the native tests with an addon built under AddressSanitizer and UndefinedBehaviorSanitizer, then a script at whose end
// LeakSanitizer finds nothing left over. Arguments are passed on to vitest, e.g. `-- test/native`. Exits 77 where the
// compiler has no sanitizers.
import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const SKIPPED = 77;
const TESTS = [
  // What it measures, the memory of the process, is the sanitizer's own here; leaks are looked for below.
  ...["--exclude", "test/engine/native/cycles.test.ts"],
  "test/native/",
  ...["native/", "host/", "states.test.ts", "any-moment.test.ts", "wrong-arguments.test.ts"].map(
    (name) => `test/engine/${name}`,
  ),
];
// Of either step, several times what it takes: a process that stands still ends it.
const LIMIT_MINUTES = 15;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const addon = path.join(root, "build-sanitized", "Release", "telltale.node");

function skip(sentence) {
  console.log(`The native tests were not run under sanitizers: ${sentence}`);
  process.exit(SKIPPED);
}

function hasSanitizers() {
  const compiler = process.env.CXX ?? "c++";
  const options = ["-fsanitize=address,undefined", "-x", "c++", "-", "-o", "/dev/null"];
  return spawnSync(compiler, options, { input: "int main() {}" }).status === 0;
}

/** The sanitizers' runtime, which has to be loaded before anything else. */
function runtime() {
  const needed = execFileSync("ldd", [addon], { encoding: "utf8" });
  const found = /(?:libasan|libclang_rt\.asan)\S*\s*=>\s*(\S+)/.exec(needed)?.[1];
  if (found === undefined) skip("the addon does not name the shared runtime of AddressSanitizer it needs.");
  return found;
}

/** Runs a Node script with that addon; ends with its status where it fails. */
function run(what, args, leaks) {
  console.log(`--- ${what}`);
  const { status, signal } = spawnSync(process.execPath, args, {
    cwd: root,
    timeout: LIMIT_MINUTES * 60_000,
    killSignal: "SIGKILL",
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      TELLTALE_ADDON: addon,
      LD_PRELOAD: runtime(),
      // Freed memory is kept for long enough to notice its use, but not so much of it that memory seems to leak.
      ASAN_OPTIONS: `detect_leaks=${leaks ? 1 : 0}:quarantine_size_mb=16:abort_on_error=1`,
      UBSAN_OPTIONS: "print_stacktrace=1",
      // Else ggml has a debugger look at a process that is being aborted.
      GGML_NO_BACKTRACE: "1",
    },
  });
  if (status === 0) return;
  console.error(`${what}: failed (${signal ?? `status ${status}`})`);
  process.exit(1);
}

if (process.platform !== "linux") skip("this is for Linux only.");
if (!hasSanitizers()) skip("the C++ compiler cannot link their runtimes (libasan and libubsan).");
execFileSync(process.execPath, [path.join(root, "scripts", "build-addon.mjs"), "--sanitize"], { stdio: "inherit" });
const vitest = path.join(path.dirname(require.resolve("vitest/package.json")), "vitest.mjs");
const asked = process.argv.slice(2);
run("native tests under sanitizers", [vitest, "run", ...(asked.length > 0 ? asked : TESTS)], false);
if (asked.length === 0) run("leaks", ["--expose-gc", path.join(root, "scripts", "sanitized-leaks.mjs")], true);
