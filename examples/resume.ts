import { audit, resumeAudit, TelltaleError } from "telltale";

const stop = new AbortController();
try {
  await audit(
    {
      finetuned: "organism.gguf",
      reference: "base.gguf",
      directory: "runs/resumed",
      formats: ["raw"],
      limit: 12,
      maxTokens: 32,
    },
    { signal: stop.signal, onEvent: (event) => event.type === "step" && stop.abort() },
  );
} catch (error) {
  if (!(error instanceof TelltaleError) || error.code !== "CANCELLED") throw error;
  console.log("interrupted");
}

const { rankings } = await resumeAudit("runs/resumed");
console.log(rankings.rankings.map(({ configuration, count }) => `${configuration}: ${count}`).join(", "));
