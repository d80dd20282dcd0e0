// A stranger's policy from its published words to live: drafted, mended, tried, signed by two, and taken back.
import assert from "node:assert/strict";
import { runs, shadowSince } from "./demo.mjs";
import { Person } from "./person.mjs";

const TEXT = `House rules of our pages

1. Obscene comments on our Facebook page will be deleted.
2. Spam may be removed.
3. Please be brief.
`;
const PRACTICE = "roxbourne";
const DAYS = 15;

/** Presses the button of the next step on the page of a version, and says yes once more. */
async function sign(person, version, button, yes, name) {
  await person.go(`/policy/versions/${version}`);
  await person.press(button);
  if (name) await person.signInAgain(name);
  await person.reads("The step: version");
  await person.press(yes);
  await person.heading("Versions of the policy");
}

export default async function day(chrome, demo, step) {
  const imran = await (await Person.open(chrome, demo)).signIn("Imran");
  await imran.follow("Policy");
  await imran.follow("Versions of the policy");
  await imran.reads("Version 1", "In force, in live, since");
  await imran.go("/policy/draft");
  await imran.page.getByLabel("The published text").fill(TEXT);
  await imran.press("Draft a policy");
  await imran.reads("How it comes in force");
  step("drafted a policy from published words");

  await imran.press("Mend it and propose it here");
  await imran.heading("Propose a version of the policy");
  const file = imran.page.getByLabel("The policy as a file");
  const drafted = await file.inputValue();
  assert.ok(drafted.includes("# ? "), "a draft has questions");
  await file.fill(drafted.replace('"obscene"', '"obscenee"'));
  await imran.press("Check it");
  await imran.reads("What has to be mended", "obscenee");
  const answered = drafted.replaceAll(/^# \? .*\n/gm, "");
  await file.fill(answered);
  await imran.press("Check it");
  await imran.reads("What it says that version 1 does not", "is gone", "What has to be done before it may act", "links.complaints");
  await file.fill(answered.replace("[links]\n", `[links]\ncomplaints = "https://roxbourne.example/complaints"\n`));
  await imran.press("Check it");
  assert.ok(!(await imran.page.locator("main").innerText()).includes("before it may act"), "nothing blocks it any more");
  await imran.press("Propose it");
  await imran.reads("Sign in once more in a new tab", "Obscene comments");
  step("mended it, and was asked to sign in once more before proposing it");

  const [tab] = await Promise.all([
    imran.context.waitForEvent("page"),
    imran.page.getByRole("link", { name: "Sign in once more, in a new tab" }).click(),
  ]);
  await tab.waitForLoadState();
  for (const name of ["Sign in once more", "Imran"]) {
    await Promise.all([tab.waitForEvent("load"), tab.getByRole("button", { name }).click()]);
  }
  assert.equal(await tab.locator("h1").innerText(), "Propose a version of the policy");
  await tab.close();
  await imran.press("Propose it");
  await imran.heading("Version 2 of the policy");
  await imran.reads("Proposed: nothing follows from it.", "It was not tried on the posts on record");
  step("proposed it");

  const said = await runs(demo, ["backtest", "--practice", PRACTICE, "--version", "2", "--as", "Imran:practice_manager"]);
  const [first] = said.split("\n");
  assert.match(first, /^\d+ posts? /);
  await imran.go("/policy/versions/2");
  await imran.reads("What it would have done with the posts on record", first, "Tried by Imran (practice manager)");
  step("tried it on the posts on record");

  await sign(imran, 2, "Ask for it", "Yes, ask for it");
  await imran.reads("Imran (practice manager) asked for version 2 in shadow. Somebody else has to agree by");
  await imran.go("/policy/versions/2");
  assert.deepEqual(await imran.buttons("Next: version 2 in shadow"), [], "nobody agrees with themselves");
  const chidi = await (await Person.open(chrome, demo)).signIn("Chidi Obi");
  await sign(chidi, 2, "Agree to it", "Yes, I agree", "Chidi Obi");
  await chidi.reads("In shadow since", "agreed with Imran (practice manager) on version 2 in shadow");
  step("two people had it go to shadow");

  await chidi.go("/policy/versions/2");
  await chidi.reads("It is in shadow until");
  await chidi.press("Ask for it");
  await chidi.reads("Nothing was changed", "Name that day or a later one, or say why it should act sooner.");
  await shadowSince(demo, PRACTICE, DAYS);
  await sign(chidi, 2, "Ask for it", "Yes, ask for it");
  await sign(imran, 2, "Agree to it", "Yes, I agree");
  await imran.reads("In force, in assist, since", "Was in force");
  step("two weeks later two people had it go to assist, and not before");

  await sign(imran, 2, "Ask for it", "Yes, ask for it");
  await imran.page.getByText("Call off what waits").click();
  await imran.page.getByLabel("Why, for the record").fill("Let us wait for Monday.");
  await imran.press("Call it off");
  await imran.reads("called off version 2 in live: Let us wait for Monday.");
  await sign(imran, 2, "Ask for it", "Yes, ask for it");
  await sign(chidi, 2, "Agree to it", "Yes, I agree");
  await chidi.reads("In force, in live, since");
  step("two people had it go live, after one had called it off");

  await chidi.go("/policy/versions/1");
  await chidi.press("Go back to version 1, in assist");
  await chidi.reads("Nothing was changed", "Say why");
  await chidi.page.getByLabel("Why, for the record").fill("It is too mild.");
  await chidi.press("Go back to version 1, in assist");
  await chidi.reads("In force, in assist, since", "went back to version 1 in assist: It is too mild.");
  await sign(chidi, 1, "Ask for it", "Yes, ask for it");
  await sign(imran, 1, "Agree to it", "Yes, I agree");
  step("one went back to the version before, at once");
  await chidi.close();
  await imran.close();
}
