/** Cells of a table written out as text: states across, methods down; "no" is ENGINE_UNAVAILABLE. */
export function cells(table: string): { method: string; state: string; expected: string }[] {
  const [states, ...rows] = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/)) as [string[], ...string[][]];
  return rows.flatMap(([method, ...outcomes]) => {
    if (outcomes.length !== states.length) throw new Error(`The row of ${method} has not a cell for every state.`);
    return states.map((state, i) => {
      const expected = outcomes[i] === "no" ? "ENGINE_UNAVAILABLE" : (outcomes[i] as string);
      return { method: method as string, state, expected };
    });
  });
}

/** What a call comes to: "ok", or the code of what it throws or rejects with. */
export async function outcome(call: () => unknown): Promise<string> {
  try {
    await call();
    return "ok";
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
}
