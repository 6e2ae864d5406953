// Packs the package as `npm pack` does and examines the tarball: publint and are-the-types-wrong find nothing to say, its
// declarations compile by themselves, nothing in it points to what is not in it.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const scratch = mkdtempSync(path.join(tmpdir(), "telltale-package-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
const problems = [];

/** Runs a Node.js program from node_modules; what it says is shown only where it finds something. */
function check(what, program, ...args) {
  const file = path.join(root, "node_modules", program);
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { cwd: scratch, encoding: "utf8" });
  if (status !== 0) problems.push(`${what}:\n${stdout}${stderr}`);
}

function pack() {
  const shell = process.platform === "win32";
  const args = ["pack", "--json", "--ignore-scripts=false", "--pack-destination", scratch];
  const said = execFileSync("npm", args, { cwd: root, shell, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  return JSON.parse(said)[0];
}

/** A project with the tarball unpacked in it, and the packages whose types its own refer to. */
function unpack(tarball) {
  const modules = path.join(scratch, "node_modules");
  mkdirSync(path.join(modules, "telltale"), { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", path.join("node_modules", "telltale"), "--strip-components=1"], {
    cwd: scratch,
  });
  for (const name of ["zod", "@types", "undici-types"]) {
    symlinkSync(path.join(root, "node_modules", name), path.join(modules, name), "junction");
  }
  return path.join(modules, "telltale");
}

/** Compiled files that name a source map, and files of any kind that name a folder of this machine. */
function strayPointers(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of files) {
    const file = path.join(entry.parentPath, entry.name);
    const text = readFileSync(file, "latin1");
    const shown = path.relative(folder, file);
    if (/\.(js|cjs|ts|cts)$/.test(file) && text.includes("sourceMappingURL="))
      problems.push(`${shown} names a source map.`);
    if (text.includes(`${root}${path.sep}`)) problems.push(`${shown} names the folder it was built in.`);
  }
}

const { filename, size, unpackedSize, entryCount } = pack();
const tarball = path.join(scratch, filename);
strayPointers(unpack(tarball));
check("publint", path.join("publint", "src", "cli.js"), "--strict", tarball);
const attw = path.join("@arethetypeswrong", "cli", "dist", "index.js");
check("are-the-types-wrong", attw, "--no-definitely-typed", "--no-emoji", tarball);
for (const ending of ["mts", "cts"]) {
  writeFileSync(path.join(scratch, `use.${ending}`), 'import { audit } from "telltale";\nexport const used = audit;\n');
}
const modules = ["--target", "es2022", "--lib", "es2023", "--module", "node16", "--moduleResolution", "node16"];
const strict = ["--noEmit", "--strict", "--ignoreConfig", "--types", "node"];
check("declarations", path.join("typescript", "bin", "tsc"), ...strict, ...modules, "use.mts", "use.cts");

for (const problem of problems) console.error(problem);
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
console.log(`${filename}: ${megabytes(size)}, ${entryCount} files, ${megabytes(unpackedSize)} unpacked`);
process.exitCode = problems.length > 0 ? 1 : 0;
