import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./cli/run-cli.js";

/** What each room may import, beside itself and errors.ts: see ARCHITECTURE.md. */
const MAY_IMPORT: Record<string, string[]> = {
  hub: [],
  prefill: ["hub"],
  engine: [],
  journal: [],
  rank: ["journal"],
  organisms: ["hub", "rank"],
  audit: ["hub", "prefill", "engine", "journal", "rank"],
  bench: ["prefill", "engine", "audit"],
  serve: ["engine"],
  health: ["engine"],
  report: ["journal", "rank"],
  library: ["hub", "prefill", "engine", "journal", "rank", "health", "report"],
  cli: [
    "hub",
    "prefill",
    "engine",
    "journal",
    "rank",
    "organisms",
    "audit",
    "bench",
    "serve",
    "health",
    "report",
    "library",
  ],
};

const files = (readdirSync(path.join(ROOT, "src"), { recursive: true }) as string[])
  .filter((file) => file.endsWith(".ts") && file.includes(path.sep))
  .sort();

describe("imports between rooms", () => {
  it("knows every room", () => {
    expect([...new Set(files.map((file) => file.split(path.sep)[0]))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it.each(files)("%s imports earlier rooms only", (file) => {
    const room = file.split(path.sep)[0] ?? "";
    const source = readFileSync(path.join(ROOT, "src", file), "utf8");
    const imported = [...source.matchAll(/from "(\.[^"]+)"/g)].map(([, to]) =>
      path.relative(path.join(ROOT, "src"), path.resolve(ROOT, "src", path.dirname(file), to ?? "")).split(path.sep),
    );
    const rooms = new Set(imported.filter((parts) => parts.length > 1).map((parts) => parts[0] ?? ""));
    rooms.delete(room);
    expect([...rooms].filter((other) => !MAY_IMPORT[room]?.includes(other))).toEqual([]);
  });

  it("knows every folder of src/, and only what is there", () => {
    const table = readFileSync(path.join(ROOT, "ARCHITECTURE.md"), "utf8").split("## Inside")[0] ?? "";
    const rows = Array.from(table.matchAll(/^\| (`.+`) \| (.+) \|$/gm), ([, rooms = "", text = ""]) => ({
      rooms: Array.from(rooms.matchAll(/`([^`]+)\/`/g), ([, room = ""]) => room),
      text,
    }));
    const named = rows.flatMap(({ rooms }) => rooms);
    expect(named.filter((room) => !existsSync(path.join(ROOT, room)))).toEqual([]);
    const isNamed = (folder: string): boolean => {
      const above = rows.find(({ rooms }) => rooms.includes(path.posix.dirname(folder)));
      return named.includes(folder) || above?.text.includes(`\`${path.posix.basename(folder)}/\``) === true;
    };
    const folders = readdirSync(path.join(ROOT, "src"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"));
    expect(folders.filter((folder) => !isNamed(folder))).toEqual([]);
  });

  it("has no file of over 300 lines in TypeScript or 450 in C++", () => {
    const long = (folder: string, ending: RegExp, most: number): string[] =>
      (readdirSync(path.join(ROOT, folder), { recursive: true }) as string[])
        .filter((file) => ending.test(file))
        .filter((file) => readFileSync(path.join(ROOT, folder, file), "utf8").split("\n").length > most + 1);
    expect([...long("src", /\.ts$/, 300), ...long("test", /\.ts$/, 300), ...long("native", /\.[ch]pp$/, 450)]).toEqual(
      [],
    );
  });
});
