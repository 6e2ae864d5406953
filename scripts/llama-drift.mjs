// What differs between two releases of llama.cpp in what Telltale uses of it, and the checks in native/ that go with it.

/** Changes between two objects of texts: [what, before, after], null for what is not there. */
function changes(before, after) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => [name, before[name] ?? null, after[name] ?? null]);
}

const ofKind = (facts, kind) =>
  Object.fromEntries(Object.entries(facts).filter(([name]) => name.startsWith(`${kind} `)));

/**
 * `before` and `after` are { api, facts } of readApi and probe. Sections of a report, each { title, changes, stops }: a section stops an
 * upgrade where something has gone that native/ uses.
 */
export function drift(before, after) {
  const section = (title, kind) => {
    const found = changes(ofKind(before.facts, kind), ofKind(after.facts, kind));
    return { title, changes: found.map(([name, ...rest]) => [name.slice(kind.length + 1), ...rest]), stops: false };
  };
  const functions = changes(before.api.functions, after.api.functions);
  const newlyMissing = after.api.missing.filter((name) => !before.api.missing.includes(name));
  return [
    { title: "functions", changes: functions, stops: functions.some(([, , now]) => now === null) },
    {
      title: "constants that are gone",
      changes: newlyMissing.map((name) => [name, "there", null]),
      stops: newlyMissing.length > 0,
    },
    section("values of constants", "constant"),
    section("sizes of structs", "size"),
    section("members of structs", "member"),
    section("default parameters", "default"),
  ];
}

export function describe({ title, changes: found }) {
  const lines = found.map(([name, was, now]) => {
    if (was === null) return `  + ${name}: ${now}`;
    if (now === null) return `  - ${name} (was: ${was})`;
    return `  ~ ${name}: ${was}\n    ${" ".repeat(name.length)}  ${now}`;
  });
  return [`${title}: ${found.length === 0 ? "the same" : `${found.length} changed`}`, ...lines].join("\n");
}

/** Fields that native/llama_library.cpp compares, in its check of the layout, with what they are by default. */
const CHECKED = /!?\b(context|model)\.(\w+)(?: == (\d+|nullptr|\w+))?(?= &&|;)/g;

/**
 * The source of native/llama_library.cpp with the layout check moved to the defaults in `facts`. Numbers and truth values are moved; `left`
 * names fields that have to be looked at by hand: they have gone, or are compared with something else.
 */
export function moveLayoutCheck(source, facts) {
  const start = source.indexOf("const bool layout_fits =");
  const end = source.indexOf(";", start) + 1;
  if (start < 0)
    throw new Error(
      "native/llama_library.cpp holds no layout_fits: say in scripts/llama-drift.mjs how layouts are checked now.",
    );
  const left = [];
  const moved = source.slice(start, end).replace(CHECKED, (whole, owner, field, literal) => {
    const now = facts[`default llama_${owner}_params.${field}`];
    if (now === undefined) left.push(`${owner}.${field} is not there any more`);
    else if (/^\d+$/.test(literal ?? "")) return `${owner}.${field} == ${now}`;
    else if (literal === undefined) return `${now === "0" ? "!" : ""}${owner}.${field}`;
    else if (literal === "nullptr" && now !== "null") left.push(`${owner}.${field} is not null any more`);
    return whole;
  });
  return { source: source.slice(0, start) + moved + source.slice(end), left };
}
