// By keyboard alone: Tab through Today and one case, to a decision.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

const MOST_TABS = 80;

/** Presses Tab until something of this name has the focus, in the order of the page, and nothing is trapped. */
async function tabTo(person, name) {
  for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
    await person.page.keyboard.press("Tab");
    const on = await person.page.evaluate(() => document.activeElement.innerText?.trim());
    if (on?.startsWith(name)) return;
  }
  assert.fail(`"${name}" does not take the focus within ${MOST_TABS} Tabs`);
}

export default async function day(chrome, demo, step) {
  const ruth = await (await Person.open(chrome, demo)).signIn("Ruth");
  // Loaded again, so that the focus is where a reader's is and not where the checks left it.
  await ruth.page.reload();
  await ruth.page.keyboard.press("Tab");
  await ruth.page.keyboard.press("Enter");
  assert.ok(ruth.page.url().endsWith("#main"));
  step("skipped to the page");
  await ruth.page.goto(`${demo.console}/today`);
  const order = await ruth.page.evaluate(() => [...document.querySelectorAll("a[href], button, summary")].filter((one) => one.checkVisibility()).map((one) => one.innerText.trim()));
  const tabbed = [];
  for (const _ of order) {
    await ruth.page.keyboard.press("Tab");
    tabbed.push(await ruth.page.evaluate(() => document.activeElement.innerText.trim()));
  }
  assert.deepEqual(tabbed, order);
  step(`tabbed through all ${order.length} stops of Today, in their order`);
  await ruth.page.reload();
  await tabTo(ruth, "Approve the reply on how to reach the practice");
  await ruth.page.keyboard.press("Enter");
  await ruth.page.waitForURL("**/case/**");
  await ruth.check();
  await ruth.page.reload();
  await tabTo(ruth, "Add a note");
  await ruth.page.keyboard.press("Enter");
  await ruth.page.keyboard.press("Tab");
  await ruth.page.keyboard.type("By keyboard.");
  await tabTo(ruth, "Do not answer");
  await ruth.page.keyboard.press("Enter");
  await ruth.page.waitForURL("**/done/**");
  await ruth.check();
  await ruth.reads("Ruth (practice manager) decided: Do not answer.");
  step("opened a case, typed a note and decided");
  await ruth.close();
}
