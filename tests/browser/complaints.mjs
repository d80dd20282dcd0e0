// The complaints manager: a complaint decided, then acknowledged, two questions about one post.
import { Person } from "./person.mjs";

export default async function day(chrome, demo, step) {
  const alan = await (await Person.open(chrome, demo)).signIn("Alan Moss");
  await alan.openCase("Lorna Webb");
  await alan.press("It is a complaint", "Is it a complaint?");
  await alan.reads("Alan Moss (complaints manager) decided: It is a complaint.");
  step("decided that it is a complaint");
  await alan.follow("Next about the same post");
  await alan.press("It is acknowledged", "Acknowledge the complaint");
  await alan.reads("Alan Moss (complaints manager) decided: It is acknowledged.");
  step("acknowledged it");
  await alan.close();
}
