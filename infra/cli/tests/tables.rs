//! Tables of labelled texts as they come: cut off, mixed up, in another encoding. Each is scored, or
//! refused with the place where it breaks off.

use std::fs;

use fastrand::Rng;
use pagewarden_cli::score::File;
use pagewarden_readers::Readers;
use pagewarden_rules::Reader;

const TABLE: &str = "\
id,text,platform,labels,notes
1,\"Rude, and \"\"busy\"\"\",google_review,criticism,
2,\"Two
lines 💚\",facebook_comment,praise;staff_identity,alt:criticism
3,Ring me,x_reply,none,\"alt:complaint,abuse; free words\"
";

/// What spreadsheets, editors and mail programs put into a table.
const ODD: [&[u8]; 9] = [
    b"\"",
    b",",
    b";",
    b"\r",
    b"\n",
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"=cmd|'/c x'!A1",
];

fn broken(chance: &mut Rng) -> Vec<u8> {
    let mut bytes = TABLE.as_bytes().to_vec();
    if chance.u8(..4) == 0 {
        // As a spreadsheet in German or Polish writes it.
        bytes = TABLE.replace(';', "|").replace(',', ";").into_bytes();
    }
    for _ in 0..chance.usize(1..5) {
        let at = chance.usize(..bytes.len());
        match chance.u8(..4) {
            0 => bytes[at] ^= 1 << chance.u8(..8),
            1 => drop(bytes.splice(at..at, ODD[chance.usize(..ODD.len())].iter().copied())),
            2 => drop(bytes.drain(at..bytes.len().min(at + chance.usize(1..30)))),
            _ => bytes.truncate(at + 1),
        }
        if bytes.is_empty() {
            break;
        }
    }
    bytes
}

#[test]
fn a_broken_table_is_scored_or_refused_with_what_is_wrong() {
    let path = std::env::temp_dir().join(format!("pagewarden-table-{}.csv", std::process::id()));
    let (readers, rules, mut chance) =
        (Readers::rules_only(), Reader::default(), Rng::with_seed(1));
    let (mut scored, mut refused) = (0, 0);
    for nth in 0..400 {
        fs::write(&path, broken(&mut chance)).unwrap();
        let read = File::read(&path, &readers, &rules);
        match read.and_then(|file| Ok((file.labelled()?, file.to_csv()?))) {
            Ok(_) => scored += 1,
            Err(why) => {
                refused += 1;
                assert!(format!("{why:#}").len() > 20, "table {nth}: {why:#}");
            }
        }
    }
    fs::remove_file(path).unwrap();
    assert!(
        scored > 40 && refused > 40,
        "{scored} scored, {refused} refused"
    );
}
