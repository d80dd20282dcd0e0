// The main walk with script switched off: sign in, Today, a case, asked once more, done.
import { Person } from "./person.mjs";

export default async function day(chrome, demo, step) {
  const imran = await (await Person.open(chrome, demo, { script: false })).signIn("Imran");
  await imran.openCase("Fast Meds 24");
  await imran.note("Not a patient of ours.", "Decide what to do with it");
  await imran.press("Delete it for good");
  await imran.signInAgain("Imran");
  await imran.heading("Delete it for good?");
  await imran.follow("No, go back");
  await imran.press("Delete it for good");
  await imran.press("Delete it for good");
  await imran.heading("Done");
  await imran.follow("Back to today");
  await imran.press("Sign out");
  await imran.heading("You have signed out");
  step("signed in, opened a case, went back, deleted, signed out");
  await imran.close();
}
