// Two people on one case: the later is told who was first, and what they typed is kept.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

const QUESTION = "Is it a complaint?";

export default async function day(chrome, demo, step) {
  const priya = await (await Person.open(chrome, demo)).signIn("Priya");
  const beth = await (await Person.open(chrome, demo)).signIn("Beth Lowe");
  await priya.openCase("Tessa Blythe");
  await beth.openCase("Tessa Blythe");
  await priya.press("It is not a complaint", QUESTION);
  await beth.note("She rang about it as well.", QUESTION);
  await beth.press("It is a complaint", QUESTION);
  assert.equal(beth.last.status(), 409);
  const told = await beth.page.getByRole("alert").innerText();
  assert.match(told, /Nothing was changed\s+Somebody has answered this already\. .*: Priya \(practice manager\) decided: It is not a complaint/);
  assert.equal(await beth.page.getByLabel("What you wrote").inputValue(), "She rang about it as well.");
  step("the later is told who was first, and their note is kept");
  await priya.close();

  await beth.openCase("Karen Estcourt");
  const long = "x".repeat(2001);
  await beth.page.locator("textarea[name=note]").evaluateAll((all) => all.forEach((one) => one.removeAttribute("maxlength")));
  await beth.note(long, QUESTION);
  await beth.press("It is a complaint", QUESTION);
  await beth.reads("Your note is too long");
  assert.equal(await beth.part(QUESTION).locator("textarea[name=note]").inputValue(), long);
  assert.equal(await beth.part("Bereaved or in distress").locator("textarea[name=note]").inputValue(), "");
  step("a note that is too long is kept too");
  await beth.close();
}
