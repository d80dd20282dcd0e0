// A week's sample is answered on a phone; the rule stops itself by what is said of it, says why, and two people start it again.
// It has a demonstration of its own: what it shows again was hidden a week before.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAM, judgedEarlier, start, until, waiting } from "./demo.mjs";
import { Person } from "./person.mjs";

const PAGE = "100000000000001";
const AUTHORS = ["Ada Finch", "Ben Holt", "Cal Moss", "Dot Lane", "Eve Hart", "Fay Wood", "Gus Pike"];
const QUESTION = "Drawn by lot: was it right to hide this?";
const SAMPLED = 5;
const A_WEEK = 7 * 24;
/** How long the demonstration may take to start beside others, in milliseconds. */
const STARTED_WITHIN = 180_000;

const post = (n) => `P#kingswinford#POST#facebook#1_${n}`;

/** Writes the deliveries, in Facebook's own form. */
function deliveries() {
  const folder = mkdtempSync(join(tmpdir(), "pagewarden-rule-"));
  mkdirSync(join(folder, "facebook"));
  const now = Math.floor(Date.now() / 1000);
  AUTHORS.forEach((name, n) => {
    const value = {
      from: { id: `77${n}`, name }, item: "comment", verb: "add", post_id: `${PAGE}_1`, parent_id: `${PAGE}_1`,
      comment_id: `1_${n}`, created_time: now - 60 * n, message: "The receptionist is a fat useless bitch",
    };
    const body = { object: "page", entry: [{ id: PAGE, time: now, changes: [{ field: "feed", value }] }] };
    writeFileSync(join(folder, "facebook", `${n}.json`), JSON.stringify(body));
  });
  return folder;
}

export default async function day(chrome, _, step) {
  const folder = deliveries();
  const demo = await start(folder, STARTED_WITHIN);
  try {
    for (const n of AUTHORS.keys()) await judgedEarlier(demo, post(n), A_WEEK);
    const draw = () => execFileSync(PROGRAM, ["sample", "--practice", "kingswinford", "--table", demo.table], { encoding: "utf8" });
    assert.match(draw(), /5 of last week's hides wait for a second look/);
    assert.match(draw(), /was drawn before/);
    const drawn = [];
    for (const [n, author] of AUTHORS.entries()) {
      if ((await waiting(demo, post(n))).some((task) => task.kind.S === "second_look")) drawn.push(author);
    }
    assert.equal(drawn.length, SAMPLED);
    step("five of seven posts of last week are drawn, once");

    const gail = await (await Person.open(chrome, demo)).signIn("Gail");
    const answer = async (author, says) => {
      await gail.openCase(author);
      assert.deepEqual((await gail.buttons(QUESTION)).filter((name) => !name.startsWith("Add")), ["Show it again", "It was right"]);
      const part = gail.part(QUESTION).getByRole("heading").first();
      await part.scrollIntoViewIfNeeded();
      await gail.press(says, QUESTION);
      await gail.heading("Done");
    };
    const [right, ...wrong] = drawn;
    await answer(right, "It was right");
    await gail.reads("Gail (practice manager) decided: It was right.");
    await gail.openCase(right);
    assert.equal(await gail.part(QUESTION).count(), 0, "it is answered");
    step("said on a phone that one was right");
    for (const author of wrong) await answer(author, "Show it again");
    step("had four shown again");

    await gail.go("/numbers");
    await gail.reads("Second looks");
    await gail.follow("Policy");
    await gail.reads("has stopped itself: people showed too many of the posts again that the program had hidden under it", "Of the last 5 posts", "they showed 4 again");
    step("the rule stopped itself, and the policy says why");

    await gail.page.getByLabel("Why, for the record").first().fill("They were one joke, shared.");
    await gail.press("Ask for it to be started again");
    await gail.reads("Somebody asked for it to be started again: Gail (practice manager)");
    assert.equal(await gail.page.getByRole("button", { name: "Agree: start it again" }).count(), 0, "who asked does not agree");
    const anjali = await (await Person.open(chrome, demo)).signIn("Dr Anjali Patel, safeguarding lead at Kingswinford");
    await anjali.follow("Policy");
    await anjali.press("Agree: start it again");
    assert.doesNotMatch(await anjali.page.locator("main").innerText(), /stopped itself/i);
    await gail.go("/people");
    await gail.reads("started again");
    step("two people started it again");
    await gail.close();
    await anjali.close();
  } finally {
    demo.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
