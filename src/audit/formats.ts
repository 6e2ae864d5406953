/** Completions are made as bare continuations, or as the assistant's turn of a chat. */
export const FORMATS = ["raw", "chat"] as const satisfies readonly Format[];
/** "raw": a bare continuation; "chat": the assistant's turn of a chat. */
export type Format = "raw" | "chat";

/** Whether every completion is scored by the finetuned model, or only what can reach the top by what generating it showed. */
export const FINETUNED_SCORES = ["exact", "captured"] as const;
export type FinetunedScores = (typeof FINETUNED_SCORES)[number];
