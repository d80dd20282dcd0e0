//! Which language a text is in, once it is known not to be English: by its script, its letters, and
//! the small words that every text of a language is full of.

/// The small words of languages that share the Latin letters, each list enough to tell it from the
/// others.
const SMALL_WORDS: &[(&str, &str)] = &[
    (
        "cy",
        "yn mae y yr i ac ar o dw ddim wedi fy eich oes ydy dim gyda ond am bod ei nid wnes diolch iawn eu mi chi",
    ),
    (
        "gd",
        "tha agus an air a bha gu chan eil mi thu sinn aig mòran taing leis anns nach dè gus ach bho",
    ),
    (
        "ga",
        "tá agus an ar níl mé tú sé go raibh maith bhí seo leis ach bhfuil aon gan cén",
    ),
    (
        "pl",
        "nie jest się i w na z do to że od mam jak proszę dla po czy mnie przez tylko już ale był jestem dziękuję",
    ),
    (
        "ro",
        "nu este și în la cu de pe am că să mai pentru un o din mi a fost sunt dar vă care foarte mulțumesc",
    ),
    (
        "pt",
        "não é e em um uma para com que de do da os as meu minha mais foi por muito obrigado obrigada eu está",
    ),
    (
        "es",
        "no es y en un una para con que de del la los las mi más fue por muy gracias yo está el se me",
    ),
    (
        "it",
        "non è e in un una per con che di del la i le mio mia più sono molto grazie il mi ho alla da",
    ),
    (
        "fr",
        "ne pas est et dans un une pour avec que de du la les mon ma plus je très merci le des vous il au j'ai",
    ),
    (
        "tr",
        "ve bir bu için çok değil ben mi de da var yok ama ne gibi daha teşekkürler benim hiç kadar olarak",
    ),
    (
        "lt",
        "ir yra į ne su kad man bet labai ačiū už mano aš kaip ar nuo iki jau dar prie buvo apie",
    ),
    (
        "so",
        "waa iyo in ku ka ma u la ayaa waxaan si aan oo kama mahadsanid inaan haddii uu wax anigu soo fadlan",
    ),
    (
        "ur-Latn",
        "hai ka ki ko ne se mein nahi kya aur ho meri mera bhi ke main koi tha gaya hain raha abhi par kar yeh",
    ),
    (
        "bn-Latn",
        "amar ami na kore ache er ta ki apnar ke theke hoy nai kono amra apni eta korte jonno khub hoise bhalo",
    ),
    (
        "pa-Latn",
        "da di nu hai te vich ne nahi sada meri mera tuhanu tusi assi ji si da kar sadi ho menu koi",
    ),
    (
        "gu-Latn",
        "che nathi ne ma mara mari hu thi nu no to pan maru shu tame amne badha ane karo saru",
    ),
];

/// How many of a text's words are looked at: enough to tell, however long it is.
const MOST_WORDS: usize = 400;

/// Returns which script most of a text's letters are in, in the order of `guess`; none where it has
/// no letter.
fn script(text: &str) -> Option<usize> {
    let mut counts = [0_usize; 8];
    for c in text.chars().take(4_000) {
        let script = match c {
            'a'..='z' | 'A'..='Z' | 'À'..='ɏ' | 'Ḁ'..='ỿ' => 0,
            'Ѐ'..='ԯ' => 1,
            '\u{0600}'..='ۿ' | 'ﭐ'..='﷿' | 'ﹰ'..='\u{feff}' => 2,
            '\u{0980}'..='\u{09ff}' => 3,
            '\u{0a00}'..='\u{0a7f}' => 4,
            '\u{0a80}'..='\u{0aff}' => 5,
            '\u{0900}'..='\u{097f}' => 6,
            '一'..='鿿' | '㐀'..='䶿' => 7,
            _ => continue,
        };
        counts[script] += 1;
    }
    let most = (0..counts.len()).rev().max_by_key(|i| counts[*i])?;
    (counts[most] > 0).then_some(most)
}

/// Returns whether most of a text's letters are in a script that English is not written in.
pub(crate) fn foreign_script(text: &str) -> bool {
    script(text).is_some_and(|script| script > 0)
}

/// Returns the BCP 47 tag of the language that a text is most likely in, `und` where nothing tells.
pub(crate) fn guess(text: &str) -> &'static str {
    let Some(most) = script(text) else {
        return "und";
    };
    let has = |letters: &str| text.chars().any(|c| letters.contains(c));
    match most {
        1 if has("іїєґІЇЄҐ") => "uk",
        1 => "ru",
        2 if has("ٹڈڑےںھہگچپ") => "ur",
        2 => "ar",
        3 => "bn",
        4 => "pa",
        5 => "gu",
        6 => "hi",
        7 => "zh",
        _ => latin(text),
    }
}

fn latin(text: &str) -> &'static str {
    let text: String = text.chars().take(4_000).collect::<String>().to_lowercase();
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphabetic() && c != '\'')
        .take(MOST_WORDS)
        .collect();
    let hits = |list: &str| {
        words
            .iter()
            .filter(|word| list.split(' ').any(|small| small == **word))
            .count()
    };
    let best = SMALL_WORDS
        .iter()
        .map(|(tag, list)| (hits(list), *tag))
        .rev()
        .max_by_key(|(hits, _)| *hits);
    best.filter(|(hits, _)| *hits > 0)
        .map_or("und", |(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::{foreign_script, guess};

    #[test]
    fn a_script_tells_that_a_text_is_not_english() {
        for text in ["صبح سے فون", "Дзвоню з ранку (GP)", "等了三个小时"]
        {
            assert!(foreign_script(text), "{text}");
        }
        for text in ["", "🙂 999", "Diolch", "thank you, or شكرا as we say"] {
            assert!(!foreign_script(text), "{text}");
        }
    }

    #[test]
    fn a_script_or_its_small_words_tell_a_language() {
        for (tag, text) in [
            ("cy", "Mae'r ffôn yn canu ond does neb yn ateb y feddygfa"),
            ("gd", "Tha mi a' feitheamh agus chan eil duine a' freagairt"),
            ("pl", "Dzwonię od rana i nikt nie odbiera, to jest skandal"),
            ("ro", "Sun de dimineață și nu răspunde nimeni la telefon"),
            ("pt", "Ligo desde manhã e ninguém atende, não é normal"),
            (
                "es",
                "Llamo desde la mañana y no contesta nadie en el centro",
            ),
            (
                "it",
                "Chiamo da stamattina e non risponde nessuno, è assurdo",
            ),
            (
                "fr",
                "J'appelle depuis ce matin et personne ne répond, c'est honteux",
            ),
            ("tr", "Sabahtan beri arıyorum ve bu telefona bakan yok"),
            (
                "lt",
                "Skambinu nuo ryto ir niekas neatsiliepia, labai blogai",
            ),
            ("so", "Waxaan soo wacayay ilaa saaka oo cidna ma qaban"),
            (
                "ur-Latn",
                "Subah se phone kar raha hun koi jawab nahi de raha hai",
            ),
            (
                "bn-Latn",
                "Ami sokal theke phone kori keu dhore na amar khub kosto",
            ),
            ("uk", "Дзвоню з ранку і ніхто не відповідає"),
            ("ru", "Звоню с утра и никто не отвечает"),
            ("ur", "صبح سے فون کر رہا ہوں کوئی جواب نہیں دیتا"),
            ("ar", "أتصل منذ الصباح ولا أحد يرد"),
            ("bn", "সকাল থেকে ফোন করছি কেউ ধরে না"),
            ("pa", "ਸਵੇਰ ਤੋਂ ਫ਼ੋਨ ਕਰ ਰਿਹਾ ਹਾਂ"),
            ("gu", "સવારથી ફોન કરું છું"),
            ("zh", "从早上打到现在没人接"),
            ("und", "🙂🙂 999"),
        ] {
            assert_eq!(guess(text), tag, "{text}");
        }
    }
}
