// Prints "<passed> <failed>" from vitest's JSON report. A test file that could not be run at all counts as one failure.
import { readFileSync } from "node:fs";

let passed = 0;
let failed = 0;
try {
  const report = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
  passed = report.numPassedTests;
  failed = report.numFailedTests;
  for (const { status, assertionResults } of report.testResults) {
    if (status === "failed" && !assertionResults.some((test) => test.status === "failed")) failed += 1;
  }
} catch {
  failed = 1;
}
console.log(`${passed} ${failed}`);
