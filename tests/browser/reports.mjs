// Reports: one made by hand, asked about again while there is no answer, and off the list once there is one.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

const AUTHOR = "Ivy Rowntree";
const REPORT = "report it to the platform by hand";
const OUTCOME = "did the platform take it down?";

export default async function day(chrome, demo, step) {
  for (const script of [false, true]) {
    const chidi = await (await Person.open(chrome, demo, { script })).signIn("Chidi Obi");
    const listed = async () => {
      await chidi.go("/reports");
      await chidi.heading("Reports");
      return chidi.page.getByRole("listitem").filter({ hasText: `by ${AUTHOR}.` });
    };
    const open = async () => {
      await chidi.moves((await listed()).getByRole("heading").getByRole("link").first());
      await chidi.check();
    };
    await open();
    if (!script) {
      await chidi.press("I reported it", REPORT);
      await chidi.reads("Chidi Obi (reviewer) decided: I reported it.");
      step("reported it by hand, without script");
      await open();
      const due = () => chidi.part(OUTCOME).innerText();
      const first = await due();
      await chidi.press("No answer yet", OUTCOME);
      await chidi.reads("Chidi Obi (reviewer) decided: No answer yet.");
      await open();
      assert.notEqual(await due(), first, "it is asked again, on a later day");
      step("there was no answer, and it is asked again some days later");
    } else {
      await chidi.press("They took it down", OUTCOME);
      await chidi.reads("Chidi Obi (reviewer) decided: They took it down.");
      assert.equal(await (await listed()).count(), 0, "it is still on the list of reports");
      step("the platform took it down, and the report is closed");
    }
    await chidi.close();
  }
}
