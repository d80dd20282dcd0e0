// A flood by one author: six hundred posts answered together, with the plea among them found first and left to its lead.
// It has a demonstration of its own, since the posts of the other days would be lost among so many.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start } from "./demo.mjs";
import { Person } from "./person.mjs";

const PAGE = "100000000000001";
const MANY = 600;
const PLEADED = 300;
const PLEA = "I can't go on. Tonight is the night, I will end my life";
const ABUSE = "The receptionist is a fat useless bitch";
/** Comments of one delivery. */
const AT_ONCE = 50;
/** How long a program without optimisation may take to judge them, in milliseconds, and to answer one press. */
const JUDGED_WITHIN = 600_000;
const PRESSED_WITHIN = 60_000;

/** Writes the deliveries, in Facebook's own form. */
function deliveries() {
  const folder = mkdtempSync(join(tmpdir(), "pagewarden-flood-"));
  mkdirSync(join(folder, "facebook"));
  const now = Math.floor(Date.now() / 1000);
  const change = (n) => ({
    field: "feed",
    value: {
      from: { id: "666", name: "Flo Odd" }, item: "comment", verb: "add", post_id: `${PAGE}_1`, parent_id: `${PAGE}_1`,
      comment_id: `1_${n}`, created_time: now, message: n === PLEADED ? PLEA : `${ABUSE} ${n}`,
    },
  });
  for (let from = 0; from < MANY; from += AT_ONCE) {
    const changes = Array.from({ length: AT_ONCE }, (_, n) => change(from + n));
    const body = JSON.stringify({ object: "page", entry: [{ id: PAGE, time: now, changes }] });
    writeFileSync(join(folder, "facebook", `${String(from).padStart(4, "0")}.json`), body);
  }
  return folder;
}

export default async function day(chrome, _, step) {
  const folder = deliveries();
  const demo = await start(folder, JUDGED_WITHIN);
  try {
    const gail = await (await Person.open(chrome, demo)).signIn("Gail");
    gail.context.setDefaultTimeout(PRESSED_WITHIN);
    const danger = gail.page.locator("section", { has: gail.page.getByRole("heading", { name: "Somebody may be in danger" }) });
    assert.match(await danger.innerText(), /I can't go on/, "the plea stands first");
    const before = gail.path();
    await gail.follow(/^Answer all posts of this author together/);
    assert.notEqual(gail.path(), before);
    await gail.heading(`${MANY - 1} posts by one author`);
    await gail.reads("Decide these by themselves first", "because somebody may be in danger", "Nothing is deleted");
    step("found the plea first, apart from the others");

    await gail.page.getByLabel("Why, for the record").fill("All by one account, all the same.");
    let presses = 0;
    do {
      await gail.press(/^(Hide them|Leave them hidden)/);
      await gail.reads("Done: ");
      presses += 1;
      assert.ok(presses < 30, "pressing goes on");
    } while ((await gail.buttons()).some((label) => /^(Hide them|Leave them hidden)/.test(label)));
    await gail.heading("0 posts by one author");
    step(`answered ${MANY - 1} posts with ${presses} presses`);

    await gail.go("/today");
    const text = await gail.page.locator("main").innerText();
    assert.match(text, /^Today\s+1 case/);
    await gail.openCase("Flo Odd");
    await gail.reads("I can't go on", "I am dealing with it");
    await gail.go("/case/facebook/1_7");
    await gail.reads("together with other posts by the same author", "All by one account, all the same.");
    await gail.close();
    step("the plea still waits, and a post says who decided it and that it was with others");
  } finally {
    demo.stop();
    rmSync(folder, { recursive: true });
  }
}
