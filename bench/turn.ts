// One turn of a rival that is a library, in a process of its own: `node turn.js RIVAL JOB`, both as JSON; prints a Sample.
import { peakMemory } from "#telltale/engine/peak-memory.js";
import { nodeLlamaCppTurn } from "./rivals/node-llama-cpp-turn.js";
import { telltaleTurn } from "./rivals/telltale-turn.js";

const TURNS = { telltale: telltaleTurn, "node-llama-cpp": nodeLlamaCppTurn } as const;

const [, , name = "", options = "{}", job = ""] = process.argv;
const turn = TURNS[name as keyof typeof TURNS];
const sample = await turn(JSON.parse(options), JSON.parse(job));
console.log(JSON.stringify({ peakBytes: peakMemory(), ...sample }));
process.exit(0);
