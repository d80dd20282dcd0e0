// People and settings: the machine stopped by one and started by two, a code typed wrongly; and the policy.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

export default async function day(chrome, demo, step) {
  const tom = await (await Person.open(chrome, demo)).signIn("Tom Bright");
  await tom.go("/policy");
  await tom.heading("Policy");
  assert.ok((await tom.page.locator("main blockquote").count()) > 3, "no sentences of the policy");
  step("read the policy");

  await tom.go("/people");
  await tom.page.getByLabel("Why, for the record").fill("It hides praise.");
  await tom.press("Stop everything now");
  await tom.reads("It is switched off (Tom Bright (reviewer)", "It hides praise.");
  await tom.press("Ask for it to be switched on");
  await tom.reads("Somebody asked for it to be switched on again: Tom Bright (reviewer)");
  const offered = (await tom.buttons()).filter((name) => /switch|leave it off/.test(name));
  assert.deepEqual(offered, ["No, leave it off"], "whoever asked cannot agree");
  step("stopped everything at one press, and asked for it to go on");

  const ruth = await (await Person.open(chrome, demo)).signIn("Ruth");
  await ruth.go("/people");
  await ruth.press("Agree: switch it on");
  await ruth.reads("Switched on by Ruth (practice manager), as Tom Bright (reviewer) had asked.");
  step("a second person agreed");

  await ruth.press(/^Send a code to ruth@/);
  await ruth.reads("A code is on its way.");
  await ruth.page.getByLabel("The code that you were sent").fill("12345");
  await ruth.press("Confirm that it reached you");
  assert.equal(ruth.last.status(), 409);
  await ruth.reads("A code is six digits");
  step("had a code sent, and mistyped it");
  await tom.close();
  await ruth.close();
}
