/** Completions are made as bare continuations, or as the assistant's turn of a chat. */
export const FORMATS = ["raw", "chat"] as const;
export type Format = (typeof FORMATS)[number];
