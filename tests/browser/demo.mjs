// The demonstration, started for a test, and the stand-ins for the platforms that say what really became of a post.
import { execFile, spawn } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LONGEST_START = 60_000;
/** The command line. */
export const PROGRAM = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "debug/pagewarden");

/** Returns a program and its arguments as they are started at a time, which goes on from there. */
function startedAt(at, [program, ...args]) {
  if (!at) return { program, args, env: process.env };
  const then = at.toISOString().slice(0, 19).replace("T", " ");
  // What is waited for takes as long as ever.
  const env = { ...process.env, TZ: "UTC", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
  return { program: "faketime", args: ["-f", `@${then}`, program, ...args], env };
}

/**
 * Starts the demonstration on a folder of events, the samples, and waits until everything has settled. With `data` the table
 * is kept in that file, and is as it was where `events` is empty; with `at` the time begins there, by `faketime`.
 */
export async function start(events = "events", within = LONGEST_START, { data, at: time } = {}) {
  const sent = events ? ["--replay", events] : [];
  const kept = data ? ["--data", data] : [];
  const run = startedAt(time, [PROGRAM, "up", "--rules-only", ...sent, ...kept]);
  // In a group of its own: `faketime` starts the program as a child, which does not end with it.
  const options = { cwd: ROOT, env: run.env, stdio: ["ignore", "ignore", "pipe"], detached: true };
  const program = spawn(run.program, run.args, options);
  const send = (signal) => {
    try {
      return process.kill(-program.pid, signal);
    } catch {
      return false;
    }
  };
  const said = [];
  const at = {};
  const ready = new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("the demonstration did not start in time")), within);
    program.on("error", reject);
    program.on("exit", (code) => reject(new Error(`the demonstration ended with ${code}:\n${said.join("\n")}`)));
    createInterface({ input: program.stderr }).on("line", (line) => {
      said.push(line);
      const address = /^(console|table) +(\S+)$/.exec(line);
      if (address) at[address[1]] = address[2];
      for (const [, name, value] of line.matchAll(/PAGEWARDEN_(GRAPH|GOOGLE)_URL=(\S+)/g)) at[name.toLowerCase()] = value;
      if (line.startsWith("running")) {
        clearTimeout(late);
        resolve();
      }
    });
  });
  const stop = () => {
    program.removeAllListeners("exit");
    // Closed once nobody can write to it any more: a child of it has ended too.
    const ended = new Promise((resolve) => program.once("close", resolve));
    // It may have ended by itself.
    return send("SIGINT") ? ended : Promise.resolve();
  };
  // However this process ends, the demonstration ends with it.
  process.once("exit", () => send("SIGKILL"));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  try {
    await ready;
  } catch (error) {
    stop();
    throw error;
  }
  return { ...at, stop };
}

function asPage(page) {
  const token = `fake-page-token-${page}-0`;
  const proof = createHmac("sha256", "demo-app-secret").update(token).digest("hex");
  return { access_token: token, appsecret_proof: proof };
}

/** Returns what Facebook says about a comment on a page: whether it is hidden, or `undefined` where it is gone. */
export async function hiddenOnFacebook(demo, page, comment) {
  const query = new URLSearchParams({ fields: "id,is_hidden", ...asPage(page) });
  const answer = await (await fetch(`${demo.graph}/v25.0/${comment}?${query}`)).json();
  if (answer.error && answer.error.error_subcode !== 33) throw new Error(JSON.stringify(answer));
  return answer.is_hidden;
}

/** Hides a comment as somebody does who uses the page's own tools. */
export async function hideOnFacebook(demo, page, comment) {
  const body = new URLSearchParams({ is_hidden: "true", ...asPage(page) });
  const answer = await (await fetch(`${demo.graph}/v25.0/${comment}`, { method: "POST", body })).json();
  if (!answer.success) throw new Error(JSON.stringify(answer));
}

/** Returns the practice's reply to a review, as Google shows it; nothing where there is none. */
export async function repliedOnGoogle(demo, location, review) {
  const asked = { grant_type: "refresh_token", refresh_token: "demo-refresh-token", client_id: "demo", client_secret: "demo" };
  const token = await (await fetch(`${demo.google}/token`, { method: "POST", body: new URLSearchParams(asked) })).json();
  const headers = { authorization: `Bearer ${token.access_token}` };
  const answer = await (await fetch(`${demo.google}/v4/${location}/reviews/${review}`, { headers })).json();
  if (!answer.reviewId) throw new Error(JSON.stringify(answer));
  return answer.reviewReply?.comment;
}

/** Asks the table itself. */
async function table(demo, action, asked) {
  const answer = await fetch(demo.table, {
    method: "POST",
    headers: {
      authorization: "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-2/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
      "content-type": "application/x-amz-json-1.0",
      "x-amz-date": "20260101T000000Z",
      "x-amz-target": `DynamoDB_20120810.${action}`,
    },
    body: JSON.stringify({ TableName: "pagewarden", ...asked }),
  });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** Runs a command of the operator's on the demonstration's table, at a time where one is named, and returns what it says. */
export async function runs(demo, command, time) {
  const { program, args, env } = startedAt(time, [PROGRAM, ...command, "--table", demo.table]);
  const { stdout } = await promisify(execFile)(program, args, { cwd: ROOT, env });
  return stdout;
}

/** Makes the version in shadow at a practice look as if it were there for this many days, in the table itself. */
export async function shadowSince(demo, practice, days) {
  const then = new Date(Date.now() - days * 86_400_000).toISOString();
  await table(demo, "UpdateItem", {
    Key: { PK: { S: `P#${practice}#VERSIONS` }, SK: { S: "NOW" } },
    UpdateExpression: "SET beside.since = :then",
    ConditionExpression: "attribute_exists(beside)",
    ExpressionAttributeValues: { ":then": { S: then } },
  });
}

/** Makes a session look unused for this many hours, in the table itself. */
export async function leaveUnused(demo, secret, hours) {
  const then = new Date(Date.now() - hours * 3_600_000).toISOString();
  await table(demo, "UpdateItem", {
    Key: { PK: { S: `SESSION#${createHash("sha256").update(secret).digest("hex")}` }, SK: { S: "-" } },
    UpdateExpression: "SET seen_at = :then, signed_in_at = :then",
    ConditionExpression: "attribute_exists(PK)",
    ExpressionAttributeValues: { ":then": { S: then } },
  });
}

/** Returns the tasks of a post that wait, as the table has them. */
export async function waiting(demo, post) {
  const { Items } = await table(demo, "Query", {
    KeyConditionExpression: "PK = :post AND begins_with(SK, :task)",
    ExpressionAttributeValues: { ":post": { S: post }, ":task": { S: "TASK#" } },
  });
  return Items.filter((task) => task.status.S === "open");
}

/** Makes what waits about a post due this many hours ago, in the table itself. */
export async function makeLate(demo, post, hours) {
  const then = new Date(Date.now() - hours * 3_600_000).toISOString();
  for (const { PK, SK } of await waiting(demo, post)) {
    await table(demo, "UpdateItem", {
      Key: { PK, SK },
      UpdateExpression: "SET due_at = :then",
      ExpressionAttributeValues: { ":then": { S: then } },
    });
  }
}

/** Makes a post look as if it had been judged this many hours ago, in the index by which that is found. */
export async function judgedEarlier(demo, post, hours) {
  const { Items } = await table(demo, "Query", {
    KeyConditionExpression: "PK = :post AND begins_with(SK, :revision)",
    ExpressionAttributeValues: { ":post": { S: post }, ":revision": { S: "REV#" } },
  });
  for (const { PK, SK, due_sk: place } of Items) {
    const [at, unique] = place.S.split("#");
    const then = new Date(Date.parse(at) - hours * 3_600_000).toISOString();
    await table(demo, "UpdateItem", {
      Key: { PK, SK },
      UpdateExpression: "SET due_sk = :then",
      ExpressionAttributeValues: { ":then": { S: `${then}#${unique}` } },
    });
  }
}

/** Names somebody in the settings of one more practice, in the table itself. */
export async function nameAt(demo, practice, person) {
  const key = { PK: { S: `P#${practice}` }, SK: { S: "SETTINGS" } };
  const { Item } = await table(demo, "GetItem", { Key: key });
  const settings = JSON.parse(Item.settings.S);
  settings.people.push(person);
  await table(demo, "UpdateItem", {
    Key: key,
    UpdateExpression: "SET settings = :settings",
    ExpressionAttributeValues: { ":settings": { S: JSON.stringify(settings) } },
  });
  const known = createHash("sha256").update(`email ${person.email}`).digest("hex");
  await table(demo, "PutItem", { Item: { PK: { S: `PERSON#${known}` }, SK: { S: practice } } });
}

/** Has a Facebook page swept, as soon as the stream brings that it is wanted. */
export async function sweep(demo, practice, page) {
  await table(demo, "PutItem", {
    Item: {
      PK: { S: `P#${practice}#SWEEP#facebook#${page}` },
      SK: { S: "WANTED" },
      channel: { M: { platform: { S: "facebook" }, account: { S: page } } },
      practice: { S: practice },
      wanted: { S: new Date().toISOString() },
    },
  });
}

/** Waits until a question has the answer that is wanted: platforms are asked a moment after a decision. */
export async function until(wanted, ask) {
  let answer;
  for (let tries = 0; tries < 100; tries += 1) {
    answer = await ask();
    if (answer === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`still ${JSON.stringify(answer)} after 10 s, not ${JSON.stringify(wanted)}`);
}
