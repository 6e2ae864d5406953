import { type ChatMessages, DEFAULT_CHAT } from "../engine/gguf/chat-template.js";
import { presetRankSettings, type RankPreset, type RankSettings } from "../rank/settings.js";
import type { Format } from "./formats.js";

/** What a preset decides. */
export interface AuditPreset {
  corpora: string[];
  formats: "auto" | Format[];
  chat: ChatMessages;
  prefillTokens: number;
  limit: number | null;
  maxTokens: number;
  rank: RankSettings;
}

const RECIPE = { chat: DEFAULT_CHAT, prefillTokens: 3, maxTokens: 100 };

const PRESETS: Record<RankPreset, Omit<AuditPreset, "rank">> = {
  // arXiv 2605.00994: three corpora of 10,000 documents, both formats, greedy, at most 100 new tokens, no filter.
  paper: { ...RECIPE, corpora: ["c4-10k", "pile-10k", "code-10k"], formats: ["raw", "chat"], limit: null },
  default: { ...RECIPE, corpora: ["builtin"], formats: "auto", limit: 2000 },
  quick: { ...RECIPE, corpora: ["builtin"], formats: "auto", limit: 500 },
};

export function auditPreset(name: RankPreset): AuditPreset {
  return structuredClone({ ...PRESETS[name], rank: presetRankSettings(name) });
}
