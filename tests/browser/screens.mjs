// The screens beside the cases: the numbers.
import { Person } from "./person.mjs";

export default async function day(chrome, demo, step) {
  const joan = await (await Person.open(chrome, demo)).signIn("Joan");
  await joan.follow("Numbers");
  await joan.heading("Numbers");
  await joan.reads("What the program hid, and people brought back", "Clocks met and missed");
  await joan.follow("Show the last weeks");
  await joan.reads("Week of");
  step("read the numbers, by month and by week");
  await joan.close();
}
