// Words go when their time has passed: two years later a dry run says what would go, the night's run deletes it, and the
// console proves that.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runs, start } from "./demo.mjs";
import { Person } from "./person.mjs";

const PRACTICE = "threeways";
const CASE = "/case/facebook/00290010002_000200277";
const AUTHOR = "Shaz Doyley";
const WORDS = "a bunch of lazy";
/** One more than the policy's, which count from the last line about a post. */
const MONTHS = 25;
const STARTED_WITHIN = 120_000;
/** How long the night's run may take to come, of which two minutes are what it is ahead. */
const NIGHT_WITHIN = 240_000;

/** The time two minutes before the night's run of this practice, which has a minute of its own, so many months from now. */
function beforeTheNight() {
  const hash = createHash("sha256").update(PRACTICE).digest();
  const turn = hash.readUInt16BE(0) % 180;
  const then = new Date();
  then.setUTCMonth(then.getUTCMonth() + MONTHS);
  then.setUTCHours(3, 15 + turn, 0, 0);
  return then;
}

async function text(person) {
  return (await person.page.locator("main").innerText()).replace(/\s+/g, " ");
}

export default async function day(chrome, _, step) {
  if (spawnSync("faketime", ["--version"]).error) {
    step("faketime is not installed, so nothing was tried (Debian: faketime)");
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), "pagewarden-retention-"));
  const data = join(folder, "table");
  let demo = await start("events", STARTED_WITHIN, { data });
  try {
    let ruth = await (await Person.open(chrome, demo)).signIn("Ruth");
    await ruth.answerAll(AUTHOR);
    await ruth.go(CASE);
    await ruth.reads(WORDS);
    await ruth.follow("Papers");
    await ruth.reads("What was deleted when its time had passed", "Nothing was deleted yet.");
    await ruth.close();
    step("answered all that waited about a post, and saw that nothing was deleted yet");

    await demo.stop();
    const then = beforeTheNight();
    demo = await start("", STARTED_WITHIN, { data, at: then });
    const plan = await runs(demo, ["retention", "--practice", PRACTICE], then);
    const due = /^decided: kept for 24 months after the last line; (\d+) would go now/m.exec(plan);
    assert.ok(due && Number(due[1]) > 0 && plan.includes("Nothing was deleted."), plan);
    ruth = await (await Person.open(chrome, demo)).signIn("Ruth");
    await ruth.go(CASE);
    await ruth.reads(WORDS);
    step(`two years later a dry run names ${due[1]} posts and deletes none`);

    const said = `The daily run deleted the words of ${due[1]} post`;
    for (const began = Date.now(); ; await sleep(5_000)) {
      await ruth.page.goto(`${demo.console}/papers`);
      if ((await text(ruth)).includes(said)) break;
      assert.ok(Date.now() - began < NIGHT_WITHIN, `the night's run has not come:\n${await text(ruth)}`);
    }
    await ruth.go("/papers");
    await ruth.reads(`${said}${due[1] === "1" ? "" : "s"}: ${due[1]} that something was decided about.`);
    const proof = /Proof: line (\d+) of the practice's record, SHA-256 ([0-9a-f]{64})/.exec(await text(ruth));
    assert.ok(proof, await text(ruth));
    step(`the night's run deleted them, and the papers name line ${proof[1]} as the proof`);

    await ruth.go(CASE);
    assert.ok(!(await text(ruth)).includes(WORDS), "the words are gone");
    const again = await runs(demo, ["retention", "--practice", PRACTICE], then);
    assert.match(again, /^decided: .*; 0 would go now/m);
    assert.match(await runs(demo, ["verify", "--practice", PRACTICE]), /none changed, none missing/);
    await ruth.close();
    step("the words are gone, and the record holds");
  } finally {
    await demo.stop();
    await rm(folder, { recursive: true });
  }
}
