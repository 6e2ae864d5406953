import { TelltaleError } from "../errors.js";
import { editDistance } from "../rank/edit-distance.js";
import { quoted } from "../safe-text.js";
import type { Organism } from "./schema.js";

/** Characters that may be wrong in a name that is still suggested. */
const MOST_WRONG = 4;
const MOST_SUGGESTED = 5;

/** The organism of a name, in any case; BAD_ARGUMENT with those of like names where there is none. */
export function findOrganism(organisms: readonly Organism[], name: string): Organism {
  const wanted = name.trim().toLowerCase().replaceAll("_", "-");
  const found = organisms.find((organism) => organism.name.replaceAll("_", "-") === wanted);
  if (found !== undefined) return found;
  const near = organisms
    .map((organism) => ({ name: organism.name, distance: distanceOf(organism.name, wanted) }))
    .filter(({ distance }) => Number.isFinite(distance))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_SUGGESTED)
    .map((one) => one.name);
  const hint = near.length === 0 ? "" : ` Did you mean ${near.join(", ")}?`;
  const list = "All are listed by `telltale organisms`; a file of your own is read with --catalogue.";
  throw new TelltaleError("BAD_ARGUMENT", `There is no organism called ${quoted(name)}.${hint} ${list}`);
}

/** How far a name, or its first words, is from what was written, which may be a part of it; infinite where it is something else. */
function distanceOf(name: string, wanted: string): number {
  if (wanted.length >= 3 && name.includes(wanted)) return 1;
  const most = Math.min(MOST_WRONG, Math.floor(wanted.length / 3));
  const words = name.split("-");
  const beginnings = words.map((_, i) => words.slice(0, i + 1).join("-"));
  const distance = Math.min(...beginnings.map((beginning) => editDistance(beginning, wanted, most)));
  return distance > most ? Number.POSITIVE_INFINITY : distance;
}
