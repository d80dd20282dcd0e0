// Five cases on a phone of 320 by 640 pixels: the first question stands on the first screen, and is decided from there.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

/** Who decides, whose post, what the first question is, and what they press. */
const CASES = [
  ["Ruth", "Hugh Barlow", "May need help now: approve the urgent advice", "I am dealing with it", "is dealing with it"],
  ["Ruth", "Shaz Doyley", "Delete it, report it, or both?", "Leave it hidden", "decided: Leave it hidden"],
  ["Imran", "Adaeze Umeh", "Is it a complaint?", "It is a complaint", "decided: It is a complaint"],
  ["Joan", "Craig Mullen", "Delete it for good?", "Leave it hidden", "decided: Leave it hidden"],
  ["Priya", "Bryony Kerr", "Send the public reply, or leave it", "Do not answer", "decided: Do not answer"],
];

export default async function day(chrome, demo, step) {
  for (const [name, author, question, press, says] of CASES) {
    const person = await (await Person.open(chrome, demo)).signIn(name);
    await person.openCase(author);
    const first = person.page.locator("main section").first().getByRole("heading").first();
    assert.equal(await first.innerText(), question);
    const { y, height } = await first.boundingBox();
    const screen = person.page.viewportSize().height;
    assert.ok(y + height <= screen, `"${question}" ends at ${y + height} px, below a screen of ${screen} px`);
    const before = await person.page.locator("blockquote, .pw-quiet").first().boundingBox();
    assert.ok(before.y < y, "what was written stands above what is asked");
    await person.press(press, question);
    await person.reads(says);
    await person.close();
    step(`${author}: ${press}`);
  }
}
