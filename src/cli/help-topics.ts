import { environmentText } from "./config/environment.js";
import { exitStatusText } from "./exit-codes.js";

const TEXTS: Readonly<Record<string, () => string>> = {
  "exit-codes": exitStatusText,
  environment: environmentText,
};

/** What `telltale help` tells of beside the commands. */
export const HELP_TOPICS: readonly string[] = Object.keys(TEXTS);

/** What it tells of a topic; undefined where there is none of that name. */
export function topicText(topic: string): string | undefined {
  return Object.hasOwn(TEXTS, topic) ? TEXTS[topic]?.() : undefined;
}
