// An author whose comment is hidden asks for another look, somebody else grants it, and the author reads the answer.
import assert from "node:assert/strict";
import { hiddenOnFacebook, until } from "./demo.mjs";
import { Person } from "./person.mjs";

const QUESTION = "Its author asks you to look again";
const PAGE = "100000000000004";

export default async function day(chrome, demo, step) {
  const joan = await (await Person.open(chrome, demo)).signIn("Joan");
  await joan.openCase("Sandra Pyle");
  const comment = joan.path().split("/").at(-1);
  const draft = await joan.page.locator("blockquote", { hasText: "Your reference is" }).innerText();
  const [, address, reference] = /here: (\S+)\. Your reference is (\S+)\.$/.exec(draft);
  assert.equal(address, `${demo.console}/look-again/woolpit`);
  await joan.press("Send this to the author, in private");
  await joan.reads("Send this to the author, in private");
  step("the message to the author carries a page and a reference");

  const author = await Person.open(chrome, demo);
  await author.go("/look-again/woolpit");
  await author.heading("Ask us to look again");
  await author.page.getByLabel("Your reference").fill("K7QM-29XW-4TT");
  await author.press("Ask us to look again");
  await author.reads("The reference has a mistake in it.");
  await author.page.getByLabel("Your reference").fill(reference.toLowerCase().replaceAll("-", " "));
  await author.page.getByLabel("I am the person it is about").check();
  await author.page.getByLabel("In your own words").fill("It is about my own mother, and she asked me to.");
  await author.press("Ask us to look again");
  await author.heading("We look again");
  assert.deepEqual(await author.context.cookies(), []);
  step("asked on a page without cookies, after a slip");

  await joan.openCase("Sandra Pyle");
  await joan.reads("It is about my own mother, and she asked me to.", "Joan decided about this post before");
  assert.deepEqual(await joan.buttons(QUESTION), []);
  await joan.close();
  const other = await (await Person.open(chrome, demo)).signIn("Mary Dunn");
  await other.openCase("Sandra Pyle");
  await other.reads("They say that they are the person it is about.", "It was hidden by Pagewarden.");
  await other.press("It stays as it is", QUESTION);
  await other.reads("Write your answer first");
  await other.note("Thank you for telling us.", QUESTION);
  await other.press("Its author is right", QUESTION);
  await other.heading("Done");
  await until(false, () => hiddenOnFacebook(demo, PAGE, comment));
  step("somebody else granted it in one action, and Facebook shows it");
  await other.close();

  await author.go("/look-again/woolpit");
  await author.page.getByLabel("The reference that you asked with").fill(reference);
  await author.press("See the answer");
  await author.heading("We looked again, and you were right");
  await author.reads("It can be seen on our page again.", "Thank you for telling us.");
  await author.go("/about/woolpit");
  await author.heading("How we look after our pages");
  step("read the answer, and how the practice looks after its pages");
  await author.close();
}
