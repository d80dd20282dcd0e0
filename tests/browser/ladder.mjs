// The ladder of warnings of Mile Oak: a step is taken by the practice manager, and the letter is printed.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

export default async function day(chrome, demo, step) {
  const priya = await (await Person.open(chrome, demo)).signIn("Priya");
  await priya.openCase("Frank Noble");
  await priya.press("Hide it", "Decide what to do with it");
  await priya.openCase("Frank Noble");
  await priya.follow("This account's other posts");
  await priya.reads("Next step: ask to remove it", "1 post counts", "The program warns nobody.");
  step("found a post to break the rule, and saw the first step");

  const note = "Asked by a message on the page.";
  await priya.page.getByLabel("What you did and why").fill(note);
  await priya.press("I have taken this step");
  assert.equal(priya.last.status(), 409);
  await priya.reads("Ask whoever handles complaints first");
  assert.equal(await priya.page.getByLabel("What you did and why").inputValue(), note);
  await priya.page.getByLabel("I asked whoever handles complaints").check();
  await priya.press("I have taken this step");
  await priya.reads(`Asked to remove it: ${note}`, "Next step: written warning", "It cannot be taken now", "There is 1 proven incident, ");
  step("took it, once a complaint was ruled out, and saw what stops the next");

  await priya.follow("the letter");
  await priya.heading("Written warning to print");
  await priya.reads("Not to be sent as things stand.", "Rule 8 says", "Name:", "Address:", "It is still there.");
  await priya.page.emulateMedia({ media: "print" });
  for (const [what, shown] of [[".pw-header", false], ["h1", false], [".pw-letter", true]]) {
    assert.equal(await priya.page.locator(what).first().isVisible(), shown, `${what} in print`);
  }
  assert.ok(!(await priya.page.locator(".pw-letter").innerText()).includes("Frank Noble"));
  await priya.page.emulateMedia({ media: "screen" });
  step("printed the letter, with a blank for name and address");
  await priya.close();

  const beth = await (await Person.open(chrome, demo)).signIn("Beth Lowe");
  await beth.openCase("Frank Noble");
  await beth.follow("This account's other posts");
  assert.equal(await beth.page.getByRole("button", { name: "I have taken this step" }).count(), 0);
  step("a reviewer is offered no step");
  await beth.close();
}
