// The practice managers: danger first, an abusive comment restored, another deleted, a reply approved, a report closed.
import assert from "node:assert/strict";
import { hiddenOnFacebook, repliedOnGoogle, until } from "./demo.mjs";
import { Person } from "./person.mjs";

export default async function day(chrome, demo, step) {
  const gail = await (await Person.open(chrome, demo)).signIn("Gail");
  const first = await gail.page.locator("main h2, main h3").first().innerText();
  assert.equal(first, "Somebody may be in danger");
  await gail.openCase("Dean Howarth");
  await gail.press("It has been seen to", "Somebody may be in danger");
  await gail.reads("Gail (practice manager) decided: It has been seen to.");
  step("saw danger first, and answered it");

  const [page, hidden] = ["100000000000001", "00190010002_000200177"];
  assert.equal(await hiddenOnFacebook(demo, page, hidden), true);
  await gail.openCase("Gary Stubbs");
  await gail.press("Show it again", "Delete it for good?");
  await gail.heading("Done");
  await until(false, () => hiddenOnFacebook(demo, page, hidden));
  await gail.follow("Back to today");
  await gail.go(`/case/facebook/${hidden}`);
  await gail.reads("Everybody can see it.", "Gail (practice manager) decided: Show it again.");
  step("restored a comment, and Facebook shows it");
  await gail.close();

  const priya = await (await Person.open(chrome, demo)).signIn("Priya");
  const [oak, abuse] = ["100000000000005", "00590010002_000200577"];
  await priya.openCase("Kev Larder");
  await priya.press("I reported it");
  await priya.follow("Next about the same post");
  await priya.press("They refused", "did the platform take it down?");
  await priya.reads("Priya (practice manager) decided: They refused.");
  step("reported it, and closed the outcome");

  await priya.openCase("Kev Larder");
  await priya.note("Third time.", "delete it for good?");
  await priya.press("Delete it for good");
  await priya.signInAgain("Priya");
  await priya.heading("Delete it for good?");
  assert.equal(await hiddenOnFacebook(demo, oak, abuse), true);
  assert.equal(await priya.page.locator("textarea[name=note]").inputValue(), "Third time.");
  await priya.press("Delete it for good");
  await priya.heading("Done");
  await until(undefined, () => hiddenOnFacebook(demo, oak, abuse));
  step("deleted it, asked twice, and Facebook has it no more");

  const location = "accounts/1000000005/locations/2000000005";
  assert.equal(await repliedOnGoogle(demo, location, "AbFvOqk001"), undefined);
  await priya.openCase("Harriet Lowe");
  const draft = await priya.part("Approve the public reply").locator("blockquote").innerText();
  await priya.press("Answer with this text, in public", "Approve the public reply");
  await until(draft, () => repliedOnGoogle(demo, location, "AbFvOqk001"));
  step("approved a reply, and Google shows it");
  await priya.close();
}
