// A case that nobody answered in time: the list and the case say that it is late, and time alone changes nothing.
import assert from "node:assert/strict";
import { hiddenOnFacebook, makeLate } from "./demo.mjs";
import { Person } from "./person.mjs";

const [PAGE, COMMENT, AUTHOR] = ["100000000000004", "00490010007_000700477", "Barry Snell"];

export default async function day(chrome, demo, step) {
  await makeLate(demo, `P#woolpit#POST#facebook#${COMMENT}`, 26);
  for (const script of [true, false]) {
    const mary = await (await Person.open(chrome, demo, { script })).signIn("Mary Dunn");
    await mary.reads(", 1 late");
    const card = mary.page.getByRole("listitem").filter({ hasText: `by ${AUTHOR}.` });
    assert.match(await card.innerText(), /Late/);
    await mary.openCase(AUTHOR);
    await mary.reads("Late 26 hours late: by");
    assert.equal(await hiddenOnFacebook(demo, PAGE, COMMENT), false, "time alone hides nothing");
    step(`saw what is late, on the list and on the case${script ? "" : ", without script"}`);
    if (!script) {
      await mary.press("It is not a complaint");
      await mary.openCase(AUTHOR);
      await mary.press("Leave it as it is");
      await mary.heading("Done");
      await mary.go("/today");
      assert.equal(await mary.page.locator("main").getByText("1 late").count(), 0);
      step("answered it, and nothing is late any more");
    }
    await mary.close();
  }
}
