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

  const priya = await (await Person.open(chrome, demo)).signIn("Priya");
  await priya.openCase("Frank Noble");
  await priya.follow("This account's other posts");
  await priya.heading("Frank Noble");
  await priya.reads("It is not linked to a patient", "Warnings", "Nobody has noted anything.");
  await priya.press("Keep this note");
  await priya.reads("Write something first.");
  await priya.page.getByLabel("Add a note").fill("Asked to stop on Monday.");
  await priya.press("Keep this note");
  await priya.reads("Priya (practice manager): Asked to stop on Monday.");
  step("looked at an account, and noted something about it");

  await priya.follow("Staff log");
  await priya.follow("Write something down");
  await priya.press("Keep it");
  await priya.reads("Choose where it happened.", "Write what happened.");
  await priya.page.getByLabel("At the surgery").check();
  for (const [label, text] of [["Day", "2"], ["Month", "11"], ["Year", "2026"], ["The place", "Waiting room"], ["What happened", "Pictures were taken."]]) {
    await priya.page.getByLabel(label, { exact: true }).fill(text);
  }
  await priya.page.getByLabel("Which rule").selectOption("M4");
  await priya.press("Keep it");
  await priya.heading("Staff log");
  await priya.reads("At the surgery, 2 November 2026", "Pictures were taken.", "About rule M4:");
  step("wrote in the staff log");

  await priya.follow("Try a post");
  await priya.press("Try it");
  await priya.reads("Write or paste the words of a post.");
  await priya.page.getByLabel("The words of the post").fill("The receptionist is a fat useless bitch.");
  await priya.press("Try it");
  await priya.reads("The program hides it, and a person decides about it.", "By the program:", "What the second reader says", "What other policies would do");
  step("tried a post");
  await priya.close();
}
