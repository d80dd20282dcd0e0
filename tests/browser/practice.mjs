// Somebody who is named at two practices: chooses one, sees nothing of the other, and changes.
import assert from "node:assert/strict";
import { nameAt } from "./demo.mjs";
import { Person } from "./person.mjs";

const QUESTION = "Which practice do you want to look at?";

export default async function day(chrome, demo, step) {
  await nameAt(demo, "woolpit", { name: "Helen Ward", roles: ["auditor"], email: "helen.ward@kingswinford.example" });
  for (const script of [true, false]) {
    const helen = await Person.open(chrome, demo, { script });
    await helen.go("/");
    await helen.moves(helen.page.getByRole("button", { name: "Sign in" }));
    await helen.moves(helen.page.getByRole("button", { name: "Helen Ward" }).first());
    await helen.check();
    await helen.heading(QUESTION);
    const offered = (await helen.page.locator("label").allInnerTexts()).map((name) => name.trim());
    assert.equal(offered.length, 2, `${offered}`);
    assert.ok(offered.some((name) => name.startsWith("Kingswinford")) && offered.some((name) => name.startsWith("Woolpit")), `${offered}`);
    await helen.page.getByLabel(/^Woolpit/).check();
    await helen.press("Continue");
    await helen.heading("Today");
    const header = () => helen.page.locator("header").innerText();
    assert.match(await header(), /Woolpit/);
    assert.doesNotMatch(await header(), /Kingswinford/);
    await helen.follow("Change practice");
    await helen.heading(QUESTION);
    assert.ok(await helen.page.getByLabel(/^Woolpit/).isChecked(), "the practice that is shown is chosen");
    await helen.page.getByLabel(/^Kingswinford/).check();
    await helen.press("Continue");
    assert.match(await header(), /Kingswinford/);
    // A case of the other practice is none that there is.
    await helen.go("/case/facebook/00490010003_000300477");
    assert.equal(helen.last.status(), 404);
    await helen.go("/today");
    step(`chose a practice and changed to the other${script ? "" : ", without script"}`);
    await helen.press("Sign out");
    await helen.close();
  }
}
