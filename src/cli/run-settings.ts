import { settingsOfRun } from "../library/rank-options.js";
import { presetRankSettings, type RankPreset, type RankSettings } from "../rank/settings.js";
import { note } from "./notes.js";

/** The run's own settings; with a preset, its statistics and filters, and what the run was to list and to look for. */
export async function startingSettings(directory: string, preset: RankPreset | undefined): Promise<RankSettings> {
  const own = await settingsOfRun(directory, note);
  if (preset === undefined) return own;
  return { ...presetRankSettings(preset), top: own.top, keywords: own.keywords };
}
