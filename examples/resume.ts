import { audit, resumeAudit, TelltaleError } from "telltale";

const stop = new AbortController();
try {
  const options = { finetuned: "organism.gguf", reference: "base.gguf", limit: 16, maxTokens: 32 };
  await audit(
    { ...options, directory: "runs/resumed" },
    { signal: stop.signal, onEvent: (event) => event.type === "step" && stop.abort() },
  );
} catch (error) {
  if (!(error instanceof TelltaleError) || error.code !== "CANCELLED") throw error;
  console.log("interrupted");
}

const { rankings } = await resumeAudit("runs/resumed");
console.log(rankings.rankings.map(({ configuration, count }) => `${configuration}: ${count}`).join(", "));
