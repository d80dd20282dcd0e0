// Connecting an account: a practice manager agrees in the platform's own page and reads what a check said, others are not
// offered it, and the page to which a browser may be sent back shows nothing of what it brings.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

const PAGE = /^Connect it\W+Facebook/;

export default async function day(chrome, demo, step) {
  const gail = await (await Person.open(chrome, demo)).signIn("Gail");
  await gail.go("/people");
  await gail.heading("People and settings");
  await gail.reads(
    "Nobody has checked yet whether everything works here",
    "An account that is not in this list",
    "pagewarden connect website --practice kingswinford --site https://www.practice.example",
  );
  await gail.press(PAGE);
  await gail.signInAgain("Gail");
  await gail.heading("Connect an account");
  await gail.reads("Facebook: 100000000000001", "Pagewarden does not see your password", "This is good for a quarter of an hour.");
  step("the practice manager is told what comes");

  await gail.follow("Go on and agree there");
  await gail.heading("Connected");
  assert.equal(new URL(gail.page.url()).search, "");
  await gail.reads("The account is connected, and everything works there.");
  await gail.follow("Back to people and settings");
  await gail.reads("Checked by Gail, ", "everything works");
  step("agreed at the platform, came back, and the account was checked");
  await gail.close();

  const imran = await (await Person.open(chrome, demo, { script: false })).signIn("Imran");
  await imran.go("/people");
  await imran.press(/^Connect it\W+website/);
  await imran.signInAgain("Imran");
  await imran.heading("Connect a website");
  await imran.press("Connect the website");
  await imran.reads("Type both the user and the password that the website showed.");
  await imran.page.getByLabel("The user's name on the website").fill("pagewarden");
  await imran.page.getByLabel("The password that the website showed").fill("not-this-one");
  await imran.press("Connect the website");
  await imran.heading("Not connected");
  await imran.reads("nothing was stored", "Begin again");
  await imran.press("Begin again");
  await imran.page.getByLabel("The user's name on the website").fill("pagewarden");
  await imran.page.getByLabel("The password that the website showed").fill("demo-website-password");
  await imran.press("Connect the website");
  await imran.heading("Connected");
  step("another typed what the website shows, at the second try and without script");
  await imran.close();

  const priti = await (await Person.open(chrome, demo)).signIn("Priti Shah");
  await priti.go("/people");
  assert.equal(await priti.page.getByText("pagewarden connect").count(), 0);
  assert.equal(await priti.page.getByRole("button", { name: PAGE }).count(), 0);
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
