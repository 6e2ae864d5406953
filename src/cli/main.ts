#!/usr/bin/env node
import { CommanderError } from "commander";
import { TelltaleError } from "../errors.js";
import { writeFailed } from "../io-errors.js";
import { reportOrigins } from "./config/origins.js";
import { buildProgram } from "./program.js";
import { reportError } from "./terminal/report-error.js";

const program = buildProgram();

// Node.js would show it as it is, with whatever a model or a server has put into it.
process.on("uncaughtException", (error) => {
  reportError(error);
  process.exit(error instanceof TelltaleError ? error.exitCode : 1);
});

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough (`telltale rank RUN | head`) is no failure.
  if (error.code === "EPIPE") process.exit(0);
  const failure = writeFailed("standard output", error);
  reportError(failure);
  process.exit(failure.exitCode);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    reportError(error);
    reportOrigins(program, error);
    process.exitCode = error instanceof TelltaleError ? error.exitCode : 1;
  }
}
