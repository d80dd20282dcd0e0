// Walks each role's day: node suite.mjs [DAY...]
import { start } from "./demo.mjs";
import { browser, checked } from "./person.mjs";

// Two lines side by side, one for each core. The days of a line need what those before them did, or left alone.
const LINES = [
  ["reviewer", "manager", "two", "answer", "reports", "late", "hidden", "practice", "rule"],
  ["session", "connect", "complaints", "author", "keyboard", "without-script", "phone", "screens", "draft", "ladder", "evidence", "rights", "papers", "retention", "people", "danger"],
];

const began = Date.now();
const demo = await start();
const chrome = await browser();
let failed = 0;
const asked = process.argv.slice(2);

async function walk(line) {
  for (const name of line) {
    const { default: day } = await import(`./${name}.mjs`);
    const steps = [];
    try {
      await day(chrome, demo, (step) => steps.push(step));
      console.log(`${name}: ${steps.join("; ")}`);
    } catch (error) {
      failed += 1;
      console.error(`FAILED ${name}, after: ${steps.join("; ") || "nothing"}\n${error.stack}`);
    }
  }
}

/** The first takes both cores for itself, the second puts another policy in force: so they come last. */
const ALONE = ["flood", "policy"];

try {
  await Promise.all((asked.length ? [asked] : LINES).map(walk));
  if (!asked.length) await walk(ALONE);
} finally {
  await chrome.close();
  demo.stop();
}
const seconds = ((Date.now() - began) / 1000).toFixed(0);
console.log(`${checked.pages} pages seen, ${checked.audits} audits, ${failed} days failed; ${seconds} s`);
process.exitCode = failed ? 1 : 0;
// What still runs by then was not stopped, and would keep this waiting for ever.
setTimeout(() => {
  console.error("something that was started for a day still runs");
  process.exit(1);
}, 30_000).unref();
