// The reviewer of Mile Oak, where only the practice manager deletes.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

export default async function day(chrome, demo, step) {
  const beth = await (await Person.open(chrome, demo)).signIn("Beth Lowe");
  step("signed in");
  await beth.openCase("Kev Larder");
  const offered = await beth.buttons("delete it for good?");
  assert.ok(offered.includes("Leave it hidden") && !offered.some((name) => name.startsWith("Delete")), `${offered}`);
  step("is not offered deletion");
  await beth.openCase("Dot Fielding");
  await beth.note("She has rung us since.", "Offer the ways to reach the practice");
  await beth.press("Do not answer");
  await beth.heading("Done");
  await beth.reads("Beth Lowe (reviewer) decided: Do not answer.");
  await beth.follow("Back to today");
  assert.equal(await beth.page.getByText("Dot Fielding").count(), 0);
  step("left an offer, with a note, and it no longer waits");
  await beth.go("/help");
  step("read the help");
  await beth.close();
}
