// Connecting an account: a practice manager reads what is typed for it, others do not, and the page to which a browser may
// be sent back shows nothing of what it brings.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

export default async function day(chrome, demo, step) {
  const gail = await (await Person.open(chrome, demo)).signIn("Gail");
  await gail.go("/people");
  await gail.heading("People and settings");
  await gail.reads(
    "To connect an account, or connect it again",
    "pagewarden connect facebook --practice kingswinford --account 100000000000001",
    "pagewarden connect website --practice kingswinford --site https://www.practice.example",
  );
  step("the practice manager reads the commands");
  await gail.close();

  const priti = await (await Person.open(chrome, demo)).signIn("Priti Shah");
  await priti.go("/people");
  assert.equal(await priti.page.getByText("pagewarden connect").count(), 0);
  await priti.close();

  const nobody = await Person.open(chrome, demo, { script: false });
  await nobody.go("/connected?code=not-for-us&state=not-for-us");
  await nobody.heading("One more step");
  assert.equal((await nobody.page.content()).includes("not-for-us"), false);
  await nobody.go("/privacy#deletion");
  await nobody.heading("Privacy");
  await nobody.reads("How to have your data deleted");
  step("what the platforms ask of the app is there without signing in");
  await nobody.close();
}
