//! `offboard`: a practice that leaves, with everything of it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use pagewarden_evidence::{NoRecord, NotExported, Subject, pack, sha256};
use pagewarden_ledger::{Belongings, Ledger, Offboarded, Person, Proof, Recipient};
use pagewarden_present::history::shown;
use pagewarden_present::text::plain;
use pagewarden_rules::PracticeId;
use pagewarden_runtime::Pictures;

use crate::command::complaint::create;
use crate::command::record::{TableAt, clock, known, now};

/// The list of what was taken along, which `sha256sum -c` checks.
const SUMS: &str = "SHA256SUMS";

/// Which step.
#[derive(Clone, Debug, Args)]
pub struct Offboard {
    /// The practice. With nothing else, what there is of it and what stops it from leaving is shown,
    /// and nothing is changed.
    practice: PracticeId,
    /// First: let all of its channels go, so that nothing is read or done there any more.
    #[arg(long, requires = "person", group = "step")]
    disconnect: bool,
    /// Second: write everything of it into a new folder, as people read it and as it is, with the
    /// evidence, and a list that `sha256sum -c` checks.
    #[arg(long, value_name = "DIR", requires = "person", group = "step")]
    out: Option<PathBuf>,
    /// Where the pictures of posts are kept: the bucket, which is the output `PicturesBucket`, or a
    /// folder. With `--data`, the folder beside the table's file.
    #[arg(long, value_name = "s3://BUCKET or DIR", requires = "out")]
    pictures: Option<String>,
    /// Go on although pictures of posts cannot be read. Once everything is deleted, nobody can open
    /// them any more.
    #[arg(long, requires = "out")]
    without_pictures: bool,
    /// Last: have everything deleted. It takes two people, of whom one is a practice manager: the
    /// first asks, and the second agrees with the same command within 24 hours.
    #[arg(long, requires_all = ["person", "taken", "confirm"], group = "step")]
    delete: bool,
    /// The sha256 of the list of what was taken along, as the second step printed it.
    #[arg(long, value_name = "SHA256", requires = "delete")]
    taken: Option<String>,
    /// To be typed: "delete everything of PRACTICE".
    #[arg(long, value_name = "WORDS", requires = "delete")]
    confirm: Option<String>,
    /// Who has it done, as NAME:ROLE: a practice manager or a deployer of the practice's settings.
    #[arg(long = "as", requires = "step")]
    person: Option<Person>,
    #[command(flatten)]
    table: TableAt,
}

/// Does a step of a practice that leaves, or shows how it stands.
pub async fn offboard(asked: &Offboard) -> Result<ExitCode> {
    let practice = &asked.practice;
    let Some(person) = &asked.person else {
        let opened = asked.table.open_to_read().await?;
        return look(opened.ledger(), practice).await;
    };
    let opened = asked.table.open().await?;
    let ledger = opened.ledger();
    if asked.delete {
        return delete(ledger, asked, person).await;
    }
    known(ledger, practice).await?;
    if let Some(out) = &asked.out {
        let pictures = asked.table.pictures(asked.pictures.as_deref())?;
        return take_along(
            ledger,
            (pictures.as_deref(), asked.without_pictures),
            practice,
            out,
            person,
        )
        .await;
    }
    let gone = ledger.let_channels_go(practice, person, now()).await?;
    say!("{practice}: {gone} channels let go. Nothing is read or done there any more");
    say!("A policy or settings that are published bring them back");
    Ok(ExitCode::SUCCESS)
}

async fn look(ledger: &Ledger, practice: &PracticeId) -> Result<ExitCode> {
    if let Some(proof) = ledger.proof_of_deletion(practice).await? {
        print_proof(&proof);
        let left = ledger.belongings(practice).await?.items.len();
        say!("left: {left} items");
        let holds = proof.holds() && left == 0;
        if !holds {
            say!("The proof does not hold, or not everything is deleted");
        }
        return Ok(if holds {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    known(ledger, practice).await?;
    let all = ledger.belongings(practice).await?;
    print_counts(&all.counts());
    say!(
        "{} items, {} posts; {} tasks wait for somebody",
        all.items.len(),
        all.posts.len(),
        all.waiting
    );
    for channel in &all.channels {
        say!(
            "still connected: {} {}",
            channel.platform,
            plain(&channel.account)
        );
    }
    for post in &all.held {
        say!("held, and stops the deletion: {}", plain(&post.to_string()));
    }
    say!("Nothing was changed. Then: --disconnect, --out DIR, and --delete by two people");
    Ok(ExitCode::SUCCESS)
}

async fn delete(ledger: &Ledger, asked: &Offboard, person: &Person) -> Result<ExitCode> {
    let practice = &asked.practice;
    let words = format!("delete everything of {practice}");
    if asked.confirm.as_deref() != Some(words.as_str()) {
        bail!("nothing was deleted: type --confirm \"{words}\"");
    }
    let taken = asked.taken.as_deref().unwrap_or_default();
    match ledger.offboard(practice, person, taken, now()).await? {
        Offboarded::Asked => say!(
            "asked for. Somebody else has to agree with the same command within 24 hours; a practice manager is one of \
             the two. Nothing was deleted"
        ),
        Offboarded::Deleted(proof) => {
            print_proof(&proof);
            say!(
                "Everything else of {practice} is deleted. The proof stays: `verify` and `offboard {practice}` check it"
            );
            say!(
                "What opens its channels is not in the table: delete those secrets, and remove the app at each platform"
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_counts(counts: &BTreeMap<String, u64>) {
    for (kind, count) in counts {
        say!("{count} {kind}");
    }
}

fn print_proof(proof: &Proof) {
    say!(
        "{}: everything was deleted on {}",
        proof.practice,
        clock().local(proof.at)
    );
    say!(
        "asked by {}, agreed by {}",
        plain(&proof.asked_by),
        plain(&proof.agreed_by)
    );
    print_counts(&proof.items);
    say!("sha256 of what was deleted: {}", proof.contents);
    say!(
        "sha256 of the list of what was taken along before: {}",
        proof.taken
    );
    say!(
        "its chain ended with line {}, {}",
        proof.chain.seq,
        proof.chain.hash
    );
    say!("sha256 of this proof: {}", proof.hash);
}

/// A folder that is being written, and the sums of its files.
struct Folder<'a> {
    at: &'a Path,
    sums: BTreeMap<String, String>,
}

impl Folder<'_> {
    fn write(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let file = self.at.join(name);
        create(&file)?
            .write_all(bytes)
            .with_context(|| format!("cannot write {}", file.display()))?;
        self.sums.insert(name.to_owned(), sha256(bytes));
        Ok(())
    }
}

/// Writes everything of a practice into a new folder, and notes it. Prints what the list of it is
/// called in the practice's chain.
pub async fn take_along(
    ledger: &Ledger,
    (pictures, without_pictures): (Option<&dyn Pictures>, bool),
    practice: &PracticeId,
    out: &Path,
    person: &Person,
) -> Result<ExitCode> {
    let all = ledger.belongings(practice).await?;
    let made = std::fs::create_dir(out).and_then(|()| std::fs::create_dir(out.join("posts")));
    made.with_context(|| format!("cannot make the folder {}", out.display()))?;
    let mut folder = Folder {
        at: out,
        sums: BTreeMap::new(),
    };
    folder.write("items.jsonl", raw(&all).as_bytes())?;
    for (nth, post) in all.posts.iter().enumerate() {
        let Some(history) = ledger.history_at_rest(post).await? else {
            continue;
        };
        let mut lines = vec![post.to_string()];
        lines.extend(shown(&history, true, &clock()).lines);
        let name = format!("posts/{:06}", nth + 1);
        folder.write(&format!("{name}.txt"), text(&lines).as_bytes())?;
        let subject = Subject {
            key: post,
            recipient: Recipient::Complaints,
            whole: true,
        };
        match pack(ledger, pictures, subject, now()).await {
            Ok(pack) if pack.left_out > 0 && !without_pictures => bail!(
                "pictures of {post} are kept and could not be read. Say where they are with --pictures, or that they stay behind with --without-pictures: once everything is deleted, nobody can open them any more"
            ),
            Ok(pack) => folder.write(&format!("{name}.zip"), &pack.bytes)?,
            // A post of which nothing followed has no evidence.
            Err(NotExported::NoRecord(NoRecord::NoWords)) => {}
            Err(NotExported::Pictures(error)) => return Err(error.into()),
            Err(why) => say!("there is no evidence about {post}: {why}"),
        }
    }
    folder.write("log.txt", text(&log(ledger, practice).await?).as_bytes())?;
    let record = ledger.practice(practice).await?;
    if let Some(record) = record {
        folder.write("settings.json", record.settings.as_bytes())?;
        for version in 1..=record.policy {
            if let Some(policy) = ledger.policy(practice, version).await? {
                folder.write(&format!("policy-{version}.toml"), policy.toml.as_bytes())?;
                folder.write(
                    &format!("policy-{version}.txt"),
                    policy.published.as_bytes(),
                )?;
            }
        }
    }
    let sums = std::mem::take(&mut folder.sums);
    let sums: Vec<String> = sums
        .into_iter()
        .map(|(name, sum)| format!("{sum}  {name}"))
        .collect();
    let sums = text(&sums);
    folder.write(SUMS, sums.as_bytes())?;
    let sha256 = sha256(sums.as_bytes());
    ledger.note_taken(practice, person, &sha256, now()).await?;
    say!(
        "{} items and {} posts written to {}",
        all.items.len(),
        all.posts.len(),
        out.display()
    );
    say!("sha256 of {SUMS}, which stands in the practice's chain: {sha256}");
    Ok(ExitCode::SUCCESS)
}

/// Returns every item as the table's own JSON, a line each.
fn raw(all: &Belongings) -> String {
    text(all.items.values().map(|one| one.json.to_string()))
}

fn text(lines: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(line.as_ref());
        text.push('\n');
    }
    text
}

/// Returns the staff log as people read it, the newest first.
async fn log(ledger: &Ledger, practice: &PracticeId) -> Result<Vec<String>> {
    let (mut lines, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = ledger.log_page(practice, after.as_deref(), 100).await?;
        for record in page.entries {
            let entry = &record.entry;
            let at = clock().local(record.at);
            lines.push(format!(
                "{at}, {}: {} {}",
                plain(&record.by),
                entry.on,
                plain(&entry.place)
            ));
            for said in [&entry.what, &entry.seen_by, &entry.done] {
                lines.extend(said.lines().map(|line| format!("    {}", plain(line))));
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(lines);
        }
    }
}
