// The papers that a practice must have: the list of what is missing, and each of them, checked like any page.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

export default async function day(chrome, demo, step) {
  const imran = await (await Person.open(chrome, demo)).signIn("Imran");
  await imran.follow("Papers");
  await imran.heading("Papers");
  await imran.reads("Missing from the settings or the policy", "For a person to write");
  const names = await imran.page.locator("main h2 a").allInnerTexts();
  assert.equal(names.length, 18);
  step("read what is missing");

  for (const name of names) {
    await imran.follow(name);
    await imran.heading(name);
    await imran.reads("Roxbourne Medical Centre", "What this rests on");
    await imran.follow("All papers");
  }
  step("opened all eighteen");
  await imran.close();
}
