import { type AuditEvent, audit } from "telltale";

let total = 0;
function show(event: AuditEvent): void {
  if (event.type === "phase") total = event.completions;
  if (event.type === "phase") console.log(`${event.phase} ...`);
  if (event.type === "progress") console.log(`${Math.floor(event.completionsDone)} of ${total}`);
  if (event.type === "engine") console.log(`${event.role}: ${event.facts.kind}`);
  if (event.type === "note") console.log(event.message);
}

const { rankings, tally } = await audit(
  {
    finetuned: "organism.gguf",
    reference: "base.gguf",
    directory: "runs/watched",
    formats: ["raw"],
    limit: 12,
    maxTokens: 32,
    calibrate: true,
  },
  { signal: AbortSignal.timeout(600_000), onEvent: show },
);
console.log(rankings.verdict?.sentence);
console.log(`${tally.generated.tokens} tokens generated in ${tally.generated.seconds.toFixed(1)} s`);
