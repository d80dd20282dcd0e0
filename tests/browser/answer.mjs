// An answer in other words than those that are ready: one person writes it, another approves it.
import assert from "node:assert/strict";
import { repliedOnGoogle, until } from "./demo.mjs";
import { Person } from "./person.mjs";

const LOCATION = "accounts/1000000005/locations/2000000005";
const REVIEW = "AbFvOqk002";
const WORDS = "Thank you for taking the time to write. Parking is hard near the surgery, and we are sorry about that.";
const READY = "Send the public reply, or leave it";
const WRITTEN = "Approve the answer that somebody wrote";

export default async function day(chrome, demo, step) {
  const priya = await (await Person.open(chrome, demo)).signIn("Priya");
  await priya.openCase("Sam Ostler");
  const write = async (words) => {
    const folded = priya.part(READY).getByText("Write other words");
    const field = priya.page.getByLabel("The words to send instead");
    if (!(await field.isVisible())) await folded.click();
    await field.fill(words);
    await priya.press("Ask somebody to approve this answer", READY);
  };
  const tells = "We are sorry that your last appointment went wrong.";
  await write(tells);
  assert.equal(priya.last.status(), 409);
  await priya.reads("Nothing was sent", "your last appointment” says that somebody is a patient");
  assert.equal(await priya.page.getByLabel("The words to send instead").inputValue(), tells);
  step("words that say that somebody is a patient were refused, and kept");

  await write(WORDS);
  await priya.reads("Priya (practice manager) wrote these words", WORDS);
  assert.ok(!(await priya.buttons(WRITTEN)).includes("Answer with this text, in public"));
  assert.equal(await repliedOnGoogle(demo, LOCATION, REVIEW), undefined);
  step("who wrote an answer is not offered to approve it");
  await priya.close();

  const beth = await (await Person.open(chrome, demo)).signIn("Beth Lowe");
  await beth.openCase("Sam Ostler");
  await beth.press("Send it back: say why", WRITTEN);
  await beth.reads("Write first what is wrong with the words");
  await beth.press("Answer with this text, in public", WRITTEN);
  await beth.heading("Done");
  await beth.reads("Beth Lowe (reviewer) approved the words that Priya (practice manager) wrote.");
  await until(WORDS, () => repliedOnGoogle(demo, LOCATION, REVIEW));
  step("another approved it, and Google shows exactly those words");
  await beth.close();
}
