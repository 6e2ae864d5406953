/** The C library of this process, e.g. "2.36"; undefined where it is not glibc. */
function glibcVersion(): string | undefined {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime;
}

/** Whether the system is a Linux without glibc, for which node-llama-cpp has no prebuilt libraries. */
export function withoutGlibc(): boolean {
  return process.platform === "linux" && glibcVersion() === undefined;
}

const WRONG_FORMAT =
  /invalid ELF header|wrong ELF class|not a mach-o|incompatible architecture|wrong architecture|not a valid Win32/i;

/**
 * Why the system's loader refused a library, told from what it said; undefined where that says nothing more.
 * `glibc` is this system's, for tests.
 */
export function loaderCause(said: string, glibc = () => glibcVersion()): string | undefined {
  const [, kind, version] = /\b(GLIBC|GLIBCXX|CXXABI)_([\d.]+\d)\S* not found/.exec(said) ?? [];
  if (kind === "GLIBC")
    return `this system's C library is glibc ${glibc() ?? "of no known version"}, and ${version} is needed`;
  if (kind !== undefined) {
    return `this system's C++ library (libstdc++) is too old: it lacks ${kind}_${version}, and that of GCC 12 has it`;
  }
  if (WRONG_FORMAT.test(said)) {
    return `it was built for another system or processor than ${process.platform} ${process.arch}`;
  }
  if (process.platform === "linux" && /\bld-linux|Error relocating|libc\.so\.6/.test(said) && glibc() === undefined) {
    return "it was built for glibc, and this system has another C library (musl, as in Alpine Linux)";
  }
  if (process.platform === "win32" && /specified (module|procedure) could not be found|error 12[67]\b/.test(said)) {
    return "a library it needs is missing, most likely Microsoft's Visual C++ redistributable";
  }
  return undefined;
}
