/** Who wants to see llama.cpp's log: nobody, unless somebody asks. */
const watchers = new Set<(line: string) => void>();

/**
 * Calls `watcher` with every line that llama.cpp logs from now on, be it in a child process or while a model is loaded in this one;
 * gives the function that ends it. The lines are as llama.cpp wrote them: what a file says of itself may be in them.
 */
export function watchLlamaLog(watcher: (line: string) => void): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

/** Hands lines of the log to all who watch it. */
export function tellLlamaLog(lines: readonly string[]): void {
  for (const watcher of watchers) for (const line of lines) watcher(line);
}
