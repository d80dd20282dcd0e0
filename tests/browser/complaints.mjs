// The complaints manager: a complaint decided, then acknowledged, two questions about one post.
import assert from "node:assert/strict";
import { Person } from "./person.mjs";

export default async function day(chrome, demo, step) {
  const alan = await (await Person.open(chrome, demo)).signIn("Alan Moss");
  await alan.openCase("Lorna Webb");
  await alan.press("It is a complaint", "Is it a complaint?");
  await alan.reads("Alan Moss (complaints manager) decided: It is a complaint.");
  step("decided that it is a complaint");
  await alan.openCase("Lorna Webb");
  await alan.follow("Print or hand over this complaint");
  await alan.heading("Complaint to hand over");
  await alan.reads("nobody has said yet that it is acknowledged", "none is known. Ask");
  await alan.page.getByLabel("Handed over to").fill("Jo Hill, complaints");
  await alan.press("Note this");
  await alan.reads("Alan Moss (complaints manager) handed the complaint over to Jo Hill, complaints.");
  await alan.page.emulateMedia({ media: "print" });
  assert.equal(await alan.page.getByLabel("Handed over to").isVisible(), false);
  await alan.page.emulateMedia({ media: "screen" });
  step("printed it for whoever handles it, and noted that they have it");
  await alan.follow("Back to the case");
  await alan.press("It is acknowledged", "Acknowledge the complaint");
  await alan.reads("Alan Moss (complaints manager) decided: It is acknowledged.");
  step("acknowledged it");
  await alan.close();
}
