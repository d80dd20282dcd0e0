// Somebody may be in danger: the lead says that she is dealing with it, others see so, and it stays open until answered.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

const QUESTION = "Somebody may be in danger";

export default async function day(chrome, demo, step) {
  const joan = await (await Person.open(chrome, demo)).signIn("Joan");
  const card = joan.page.locator("section", { has: joan.page.getByRole("heading", { name: QUESTION }) });
  await joan.moves(card.getByRole("heading").getByRole("link").first());
  await joan.check();
  const path = joan.path();
  await joan.note("I am ringing her daughter.", QUESTION);
  await joan.press("I am dealing with it", QUESTION);
  assert.equal(joan.path(), path, "she stays on the case");
  await joan.reads("Somebody is dealing with it: Joan (practice manager)", "I am ringing her daughter.");
  step("said that she is dealing with it");

  const mary = await (await Person.open(chrome, demo)).signIn("Mary Dunn");
  await mary.go(path);
  await mary.reads("Somebody is dealing with it: Joan (practice manager)");
  assert.deepEqual(await mary.buttons(QUESTION), [], "a reviewer cannot answer where somebody may be in danger");
  await mary.close();
  step("a colleague sees who is dealing with it");

  await joan.press("It has been seen to", QUESTION);
  await joan.heading("Done");
  await joan.reads("Joan (practice manager) decided: It has been seen to.");
  await joan.close();
  step("answered it");
}
