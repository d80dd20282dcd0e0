//! The view: a text normalised once and cut into tokens that know where they stand in the text as
//! posted.

use super::disguise;
use super::normal::Normal;
use super::parts::{HOST_ENDING, HOST_ENDING_WORD};
use super::vocabulary::{self as words, WordId, kinds};
use crate::Span;

/// What a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters, with apostrophes inside.
    Word,
    /// Digits, with at most one point, comma, colon or slash between them.
    Number,
    /// Letters and digits mixed: a dose, a code, part of a postcode.
    Mixed,
    /// A web address.
    Url,
    /// An e-mail address.
    Email,
    /// An account's name after `@`.
    Mention,
    /// An emoji or another sign that stands for itself.
    Sign,
    /// A remark in square brackets, such as `[video]`.
    Bracketed,
}

/// A word, number or sign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    /// Where it starts in the normalised text, in bytes.
    pub(crate) start: u32,
    /// Where it ends in the normalised text, in bytes.
    pub(crate) end: u32,
    /// What it is made of.
    pub(crate) kind: Kind,
    /// The word that it is or stands for; 0 where the reader does not know it.
    pub(crate) word: WordId,
    /// What is known of its looks and surroundings: the constants of [`Token`].
    pub(crate) flags: u16,
}

impl Token {
    /// It starts with a capital letter.
    pub(crate) const CAPITAL: u16 = 1;
    /// It has two or more letters, all of them capitals.
    pub(crate) const UPPER: u16 = 1 << 1;
    /// It is the first of a sentence or line.
    pub(crate) const SENTENCE: u16 = 1 << 2;
    /// A comma, colon, dash or bracket stands before it.
    pub(crate) const BREAK: u16 = 1 << 3;
    /// It stands between quotation marks.
    pub(crate) const QUOTED: u16 = 1 << 4;
    /// A currency sign stands before it.
    pub(crate) const MONEY: u16 = 1 << 5;
    /// No white space stands before it, only a hyphen, slash or the like.
    pub(crate) const GLUED: u16 = 1 << 6;
    /// A `#` stands before it.
    pub(crate) const HASH: u16 = 1 << 7;
    /// A question mark ends its sentence right after it.
    pub(crate) const ASKS: u16 = 1 << 8;
    /// The word is disguised: leet, masks, letters set apart, words run together.
    pub(crate) const DISGUISED: u16 = 1 << 9;

    /// Returns `true` if every flag given is set.
    pub(crate) const fn is(&self, flags: u16) -> bool {
        self.flags & flags == flags
    }
}

/// A text, normalised and cut into tokens.
#[derive(Debug)]
pub(crate) struct View<'t> {
    /// The text as posted, cut to [`View::MOST`] bytes.
    pub(crate) posted: &'t str,
    /// The normalised text and the map back.
    pub(crate) normal: Normal,
    /// The tokens, in order.
    pub(crate) tokens: Vec<Token>,
}

impl<'t> View<'t> {
    /// Bytes of a text that are read. The longest post of any platform is below 70 kB.
    pub(crate) const MOST: usize = 16 << 20;

    /// Normalises a text and cuts it into tokens, in time linear in its length.
    pub(crate) fn new(posted: &'t str) -> Self {
        let posted = &posted[..posted.floor_char_boundary(Self::MOST)];
        let normal = Normal::new(posted);
        let mut view = View {
            posted,
            normal,
            tokens: Vec::new(),
        };
        view.tokens = Cutter::new(&view).cut();
        view
    }

    /// Returns a token's normalised spelling.
    pub(crate) fn spelling(&self, token: &Token) -> &str {
        &self.normal.text[token.start as usize..token.end as usize]
    }

    /// Returns where the tokens from `first` to `last`, both included, stand in the text as posted,
    /// in bytes.
    pub(crate) fn span_of(&self, first: usize, last: usize) -> Span {
        self.normal.posted(
            self.tokens[first].start as usize,
            self.tokens[last].end as usize,
        )
    }
}

/// Cuts a normalised text into tokens.
struct Cutter<'v, 't> {
    view: &'v View<'t>,
    text: &'v str,
    tokens: Vec<Token>,
    /// Flags that the next token takes over from what stood before it.
    pending: u16,
    in_quotes: bool,
    /// Where a quotation in single marks ends.
    single_quote_ends: usize,
}

impl<'v, 't> Cutter<'v, 't> {
    /// Bytes within which a quotation in single marks must end: beyond, the mark is an apostrophe.
    const LONGEST_SINGLE_QUOTE: usize = 200;
    /// Bytes within which a remark in square brackets must end.
    const LONGEST_REMARK: usize = 24;

    fn new(view: &'v View<'t>) -> Self {
        let text = view.normal.text.as_str();
        let tokens = Vec::with_capacity(text.len() / 5 + 4);
        Cutter {
            view,
            text,
            tokens,
            pending: Token::SENTENCE,
            in_quotes: false,
            single_quote_ends: 0,
        }
    }

    fn cut(mut self) -> Vec<Token> {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        let mut chunk_end = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            if at >= chunk_end && !byte.is_ascii_whitespace() {
                if let Some(end) = self.plain_word(at) {
                    self.push(at, end, Kind::Word);
                    (at, chunk_end) = (end, end);
                    continue;
                }
                chunk_end = self.chunk_end(at);
                if let Some(end) = self.disguised(at, chunk_end) {
                    at = end;
                    continue;
                }
            }
            at = if byte.is_ascii_alphanumeric() || byte >= 0x80 {
                self.run(at)
            } else {
                self.mark(at, byte)
            };
        }
        self.join_single_letters();
        self.join_halves();
        self.know_names();
        self.tokens
    }

    /// Returns the end of a word of plain letters with white space around it, or with one mark
    /// behind it. Most words are like this, and such a word can be nothing else.
    fn plain_word(&self, at: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[at..];
        let letters = rest
            .iter()
            .position(|b| !b.is_ascii_lowercase())
            .unwrap_or(rest.len());
        let marked = rest
            .get(letters)
            .is_some_and(|b| matches!(b, b'.' | b',' | b'!' | b'?' | b';' | b':'));
        let alone = rest
            .get(letters + usize::from(marked))
            .is_none_or(u8::is_ascii_whitespace);
        (letters > 0 && alone).then_some(at + letters)
    }

    /// The end of the run without white space that starts here.
    fn chunk_end(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        at + rest
            .iter()
            .position(u8::is_ascii_whitespace)
            .unwrap_or(rest.len())
    }

    /// A run in which marks or digits stand between letters, if it is a known word in disguise.
    fn disguised(&mut self, at: usize, end: usize) -> Option<usize> {
        let chunk = &self.text.as_bytes()[at..end];
        let plain = |b: &u8| b.is_ascii_lowercase() || *b == b'\'';
        let bare = chunk
            .iter()
            .position(|b| !matches!(b, b'"' | b'(' | b'\'' | b'#'))?;
        let last = chunk.iter().rposition(|b| {
            !matches!(
                b,
                b'.' | b',' | b'!' | b'?' | b';' | b':' | b')' | b'"' | b'\''
            )
        })?;
        if bare > last
            || chunk[bare..=last].iter().all(plain)
            || chunk.len() > 100
            || !chunk.is_ascii()
        {
            return None;
        }
        let (from, to) = (at + bare, at + last + 1);
        let core = &self.text[from..to];
        if core.contains("://") || core.starts_with("www.") || core.starts_with('[') {
            return None;
        }
        if let Some(letters) = disguise::set_apart(core) {
            let letters: Vec<(usize, usize)> = letters.map(|i| (from + i, from + i + 1)).collect();
            let joined: String = core.bytes().step_by(2).map(char::from).collect();
            let tokens = Self::joined(&joined, &letters)?;
            self.push_known(&tokens);
            return Some(to);
        }
        let capital = self.case(from, to) & Token::CAPITAL != 0;
        let word = disguise::masked(core, capital, self.pending & Token::SENTENCE != 0)?;
        self.push_known(&[(from, to, word)]);
        Some(to)
    }

    /// Returns the words that letters standing at these places give.
    fn joined(letters: &str, places: &[(usize, usize)]) -> Option<Vec<(usize, usize, WordId)>> {
        if let Some((word, _)) = disguise::plain(letters) {
            return Some(vec![(places[0].0, places[places.len() - 1].1, word)]);
        }
        let mut first = 0;
        let parts = disguise::cut_joined(letters, 4)?;
        let place = |(length, word): (usize, WordId)| {
            let last = first + length - 1;
            let token = (places[first].0, places[last].1, word);
            first = last + 1;
            token
        };
        Some(parts.into_iter().map(place).collect())
    }

    fn push_known(&mut self, tokens: &[(usize, usize, WordId)]) {
        for (start, end, word) in tokens {
            self.push(*start, *end, Kind::Word);
            if let Some(token) = self.tokens.last_mut() {
                token.word = *word;
                token.flags |= Token::DISGUISED;
            }
        }
    }

    /// "f u c k": three or more single letters in a row, if together they are known words.
    fn join_single_letters(&mut self) {
        let single = |t: &Token| t.kind == Kind::Word && t.end - t.start == 1;
        let mut at = 0;
        while at + 2 < self.tokens.len() {
            let length = self.tokens[at..].iter().take_while(|t| single(t)).count();
            if length < 3 {
                at += length.max(1);
                continue;
            }
            let run = &self.tokens[at..at + length];
            let letters: String = run
                .iter()
                .map(|t| &self.text[t.start as usize..t.end as usize])
                .collect();
            let places: Vec<(usize, usize)> = run
                .iter()
                .map(|t| (t.start as usize, t.end as usize))
                .collect();
            // "I a m", "is a b...": a word of one letter may stand before the word in disguise.
            let found = (0..length.min(3) - 1).find_map(|skip| {
                Some((skip, Self::joined(letters.get(skip..)?, &places[skip..])?))
            });
            if let Some((skip, words)) = found {
                let flags = self.tokens[at + skip].flags | Token::DISGUISED;
                let mut flags = Some(flags);
                let tokens: Vec<Token> = words
                    .iter()
                    .map(|(start, end, word)| Token {
                        start: to_u32(*start),
                        end: to_u32(*end),
                        kind: Kind::Word,
                        word: *word,
                        flags: flags.take().unwrap_or(Token::DISGUISED),
                    })
                    .collect();
                let count = tokens.len();
                self.tokens.splice(at + skip..at + length, tokens);
                at += skip + count;
            } else {
                at += length;
            }
        }
    }

    /// "wan ker": two stretches that are nothing by themselves, if together they are a word that
    /// people disguise.
    fn join_halves(&mut self) {
        let mut at = 1;
        while at < self.tokens.len() {
            let (one, other) = (self.tokens[at - 1], self.tokens[at]);
            if let Some(word) = self.joined_halves(&one, &other) {
                self.tokens[at - 1] = Token {
                    end: other.end,
                    word,
                    flags: one.flags | Token::DISGUISED,
                    ..one
                };
                self.tokens.remove(at);
            }
            at += 1;
        }
    }

    fn joined_halves(&self, one: &Token, other: &Token) -> Option<WordId> {
        let half = |t: &Token| {
            t.kind == Kind::Word
                && (2..=8).contains(&(t.end - t.start))
                && t.flags & Token::DISGUISED == 0
        };
        let nothing = one.word == 0 || other.word == 0;
        if !nothing || other.start - one.end != 1 || !half(one) || !half(other) {
            return None;
        }
        let spelling = |t: &Token| &self.text[t.start as usize..t.end as usize];
        let (one, other) = (spelling(one), spelling(other));
        let mut letters = [0_u8; 16];
        let letters = &mut letters[..one.len() + other.len()];
        letters[..one.len()].copy_from_slice(one.as_bytes());
        letters[one.len()..].copy_from_slice(other.as_bytes());
        let (word, false) = words::find(letters)? else {
            return None;
        };
        let listed = |half: &str| super::people::is_ordinary(half) || super::people::is_name(half);
        (words::is_disguised(word) && !(listed(one) || listed(other))).then_some(word)
    }

    /// A word that is also a name is one with a capital inside a sentence, or beside a title or a
    /// street.
    fn know_names(&mut self) {
        for at in 0..self.tokens.len() {
            let token = self.tokens[at];
            if token.word == 0 || !words::is_name_too(token.word) || token.is(Token::DISGUISED) {
                continue;
            }
            let before = at.checked_sub(1).map(|i| self.tokens[i]);
            let after = self.tokens.get(at + 1).copied();
            let titled = before.is_some_and(|t| words::is_in(t.word, words::NAME_TITLE));
            let street = after.is_some_and(|t| words::is_in(t.word, words::PLACE_WORD));
            let capital = token.is(Token::CAPITAL) && !token.is(Token::UPPER);
            let inside = !token.is(Token::SENTENCE);
            let paired = after.is_some_and(|t| {
                t.is(Token::CAPITAL) && !t.is(Token::UPPER) && t.flags & Token::SENTENCE == 0
            });
            if titled || street || capital && (inside || paired) {
                self.tokens[at].word = 0;
            }
        }
    }

    /// A run that starts with a letter, digit or non-ASCII character.
    fn run(&mut self, at: usize) -> usize {
        if let Some(end) = self.url(at) {
            self.push(at, end, Kind::Url);
            return end;
        }
        let bytes = self.text.as_bytes();
        let (mut end, mut letters, mut digits) = (at, false, false);
        while end < bytes.len() {
            let byte = bytes[end];
            if byte.is_ascii_lowercase() {
                letters = true;
                end += 1;
            } else if byte.is_ascii_digit() {
                digits = true;
                end += 1;
            } else if byte >= 0x80 {
                let Some(c) = self.text[end..].chars().next() else {
                    break;
                };
                if !c.is_alphanumeric() {
                    break;
                }
                letters = true;
                end += c.len_utf8();
            } else if self.joins(end, digits && !letters) {
                end += 1;
            } else {
                break;
            }
        }
        if end == at {
            let width = self.text[at..].chars().next().map_or(1, char::len_utf8);
            self.push(at, at + width, Kind::Sign);
            return at + width;
        }
        if let Some(sign) = self.local_part_end(end)
            && let Some(stop) = self.email_end(sign)
        {
            self.push(at, stop, Kind::Email);
            return stop;
        }
        let kind = match (letters, digits) {
            (true, true) => Kind::Mixed,
            (false, _) => Kind::Number,
            _ => Kind::Word,
        };
        self.push(at, end, kind);
        end
    }

    /// An apostrophe joins letters; a point, comma, colon or slash joins digits.
    fn joins(&self, at: usize, number: bool) -> bool {
        let bytes = self.text.as_bytes();
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        match bytes[at] {
            b'\'' => !number && next.is_ascii_lowercase() && at >= self.single_quote_ends.max(1),
            b'.' | b',' | b':' | b'/' => number && next.is_ascii_digit(),
            _ => false,
        }
    }

    /// A mark that is no letter or digit: it sets flags for the next token, or opens a remark or an
    /// account's name.
    fn mark(&mut self, at: usize, byte: u8) -> usize {
        match byte {
            b'.' | b'!' | b'?' | b'\n' => {
                if byte == b'?'
                    && let Some(last) = self.tokens.last_mut()
                {
                    last.flags |= Token::ASKS;
                }
                self.pending = self.pending & !(Token::GLUED | Token::MONEY) | Token::SENTENCE;
            }
            b' ' | b'\t' | b'\r' | 0x0b | 0x0c => self.pending &= !Token::GLUED,
            b',' | b';' | b':' | b'(' | b')' => self.pending |= Token::BREAK,
            b'"' => {
                self.in_quotes = !self.in_quotes;
                self.pending |= Token::BREAK;
            }
            b'\'' => self.open_single_quote(at),
            b'$' => self.pending |= Token::MONEY,
            b'#' => self.pending |= Token::HASH,
            b'@' => {
                if let Some(end) = self.mention_end(at) {
                    self.push(at, end, Kind::Mention);
                    return end;
                }
            }
            b'[' => {
                if let Some(end) = self.remark_end(at) {
                    self.push(at, end, Kind::Bracketed);
                    return end;
                }
                self.pending |= Token::BREAK;
            }
            b'-' if self.text.as_bytes().get(at + 1) == Some(&b' ') => self.pending |= Token::BREAK,
            _ => {}
        }
        at + 1
    }

    fn open_single_quote(&mut self, at: usize) {
        let bytes = self.text.as_bytes();
        let opens = (at == 0 || !bytes[at - 1].is_ascii_alphanumeric())
            && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
        if at < self.single_quote_ends || !opens {
            return;
        }
        let window = &bytes[at + 1..bytes.len().min(at + Self::LONGEST_SINGLE_QUOTE)];
        let closes = |i: &usize| {
            window[*i] == b'\''
                && !window.get(i + 1).is_some_and(u8::is_ascii_alphanumeric)
                && *i > 0
        };
        if let Some(length) = (0..window.len()).find(closes) {
            self.single_quote_ends = at + 1 + length;
        }
        self.pending |= Token::BREAK;
    }

    fn url(&self, at: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[at..];
        let scheme = rest.starts_with(b"http://")
            || rest.starts_with(b"https://")
            || rest.starts_with(b"www.");
        let end_of = |rest: &[u8]| {
            rest.iter()
                .position(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'<' | b'>'))
                .unwrap_or(rest.len())
        };
        if scheme {
            let mut end = end_of(rest);
            while end > 0 && matches!(rest[end - 1], b'.' | b',' | b'!' | b'?' | b')' | b'\'') {
                end -= 1;
            }
            return Some(at + end);
        }
        // A bare host: letters, a point, and a well-known ending. A host name is at most 253 bytes.
        // Most words have no point at all, and are not looked at any further.
        let host = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
        let label = rest.iter().take(254).position(|b| !host(b))?;
        if rest[label] != b'.' {
            return None;
        }
        let length = rest
            .iter()
            .take(254)
            .position(|b| !(host(b) || *b == b'.'))
            .unwrap_or(rest.len().min(254));
        let name = self.text.get(at..at + length)?.trim_end_matches('.');
        let (before, ending) = name.rsplit_once('.')?;
        let known = HOST_ENDING.contains(&ending) && before.len() > 1 && !before.ends_with('.');
        // "bit.ly" and "x.me" are hosts; a sentence that runs into the next one without a space is
        // not.
        let sentence = HOST_ENDING_WORD.contains(&ending)
            && rest.get(name.len()).is_none_or(|b| *b != b'/')
            && !before.contains(['.', '-']);
        if !known || sentence || rest.get(name.len()) == Some(&b'@') {
            return None;
        }
        let path = if rest.get(name.len()) == Some(&b'/') {
            end_of(&rest[name.len()..])
        } else {
            0
        };
        Some(at + name.len() + path)
    }

    /// The local part of an address is at most 64 bytes.
    fn local_part_end(&self, at: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[at..];
        let length = rest.iter().take(64).position(|b| {
            !(b.is_ascii_lowercase()
                || b.is_ascii_digit()
                || matches!(b, b'.' | b'_' | b'+' | b'-'))
        })?;
        (rest[length] == b'@').then_some(at + length)
    }

    fn email_end(&self, at: usize) -> Option<usize> {
        let rest = &self.text.as_bytes()[at + 1..];
        let length = rest
            .iter()
            .take(254)
            .position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.')))
            .unwrap_or(rest.len().min(254));
        let host = self
            .text
            .get(at + 1..at + 1 + length)?
            .trim_end_matches(['.', '-']);
        host.contains('.').then_some(at + 1 + host.len())
    }

    fn mention_end(&self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        if at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
            return None;
        }
        let rest = &bytes[at + 1..];
        let dot =
            |i: usize| rest[i] == b'.' && rest.get(i + 1).is_some_and(u8::is_ascii_alphanumeric);
        let named = |i: &usize| rest[*i].is_ascii_alphanumeric() || rest[*i] == b'_' || dot(*i);
        let length = (0..rest.len()).take_while(named).count();
        (length > 1 && bytes[at + 1].is_ascii_lowercase()).then_some(at + 1 + length)
    }

    fn remark_end(&self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let window = &bytes[at + 1..bytes.len().min(at + Self::LONGEST_REMARK)];
        let close = window
            .iter()
            .position(|b| !(b.is_ascii_lowercase() || *b == b' '))?;
        if close == 0 || window[close] != b']' {
            return None;
        }
        let end = at + 1 + close + 1;
        let plural = bytes.get(end) == Some(&b's')
            && !bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric);
        Some(end + usize::from(plural))
    }

    fn push(&mut self, start: usize, end: usize, kind: Kind) {
        let mut flags = std::mem::replace(&mut self.pending, Token::GLUED);
        if self.in_quotes || start < self.single_quote_ends {
            flags |= Token::QUOTED;
        }
        if kind == Kind::Sign {
            // A sign stands between words without ending anything.
            self.pending = flags & (Token::SENTENCE | Token::BREAK);
            let sign = &self.text[start..end];
            if matches!(sign, "\u{a3}" | "\u{20ac}") {
                self.pending |= Token::MONEY;
                return;
            }
        } else {
            flags |= self.case(start, end);
        }
        let word = self.word(start, end, kind, flags);
        let token = Token {
            start: to_u32(start),
            end: to_u32(end),
            kind,
            word,
            flags,
        };
        if kind == Kind::Word && word == 0 && end - start >= 9 {
            self.push_run_together(token);
        } else {
            self.tokens.push(token);
        }
    }

    fn word(&self, start: usize, end: usize, kind: Kind, flags: u16) -> WordId {
        let turned = || {
            self.view
                .normal
                .turned
                .then(|| disguise::turned(&self.text[start..end]))
                .flatten()
        };
        let known = || {
            disguise::plain(&self.text[start..end])
                .map(|found| found.0)
                .or_else(turned)
        };
        match kind {
            Kind::Word => known().unwrap_or(0),
            Kind::Number if flags & Token::MONEY != 0 => kinds::MONEY,
            Kind::Number if is_premium(&self.text[start..end]) => kinds::PREMIUM,
            Kind::Number => kinds::NUMBER,
            Kind::Mixed => known().unwrap_or(kinds::MIXED),
            Kind::Url => kinds::URL,
            Kind::Email => kinds::EMAIL,
            Kind::Mention => kinds::MENTION,
            Kind::Sign => known().unwrap_or(kinds::SIGN),
            Kind::Bracketed => known().unwrap_or(kinds::REMARK),
        }
    }

    fn push_run_together(&mut self, token: Token) {
        let (start, end) = (token.start as usize, token.end as usize);
        let spelling = &self.text[start..end];
        let listed = super::people::is_name(spelling) || super::people::is_ordinary(spelling);
        // "Whitcombe" is a name, however it comes apart, unless the parts are what people disguise.
        let name = token.is(Token::CAPITAL) && !token.is(Token::UPPER);
        let meant =
            |parts: &Vec<(usize, WordId)>| !name || parts.iter().any(|p| words::is_disguised(p.1));
        let Some(parts) = disguise::run_together(spelling).filter(|parts| !listed && meant(parts))
        else {
            self.tokens.push(token);
            return;
        };
        let mut from = token.start;
        for (number, (length, word)) in parts.into_iter().enumerate() {
            let to = from + to_u32(length);
            let flags = Token::DISGUISED
                | if number == 0 {
                    token.flags
                } else {
                    token.flags & Token::QUOTED
                };
            self.tokens.push(Token {
                start: from,
                end: to,
                kind: Kind::Word,
                word,
                flags,
            });
            from = to;
        }
    }

    fn case(&self, start: usize, end: usize) -> u16 {
        let posted = &self.view.posted[self.view.normal.posted(start, end)];
        let mut letters = posted.chars().filter(|c| c.is_alphabetic());
        let Some(first) = letters.next() else {
            return 0;
        };
        // A letter in a circle or a square is an ornament, whatever its case.
        let ornament = matches!(first, '\u{1f130}'..='\u{1f189}');
        if !first.is_uppercase() || ornament {
            return 0;
        }
        let mut more = false;
        let all = letters.all(|c| {
            more = true;
            !c.is_lowercase()
        });
        if more && all {
            Token::CAPITAL | Token::UPPER
        } else {
            Token::CAPITAL
        }
    }
}

/// Returns `true` if a number is of a range that costs the caller extra: 084, 087, 09 (Ofcom's
/// plan).
fn is_premium(number: &str) -> bool {
    let digits = number.as_bytes();
    digits.len() == 11
        && digits.iter().all(u8::is_ascii_digit)
        && (number.starts_with("084") || number.starts_with("087") || number.starts_with("09"))
}

/// Offsets fit: a text is cut to [`View::MOST`] bytes before anything is counted.
fn to_u32(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(String, Kind)> {
        let view = View::new(text);
        view.tokens
            .iter()
            .map(|t| (view.spelling(t).to_owned(), t.kind))
            .collect()
    }

    #[test]
    fn words_numbers_and_signs_come_apart() {
        let expected = [
            ("dr", Kind::Word),
            ("o'neil", Kind::Word),
            ("said", Kind::Word),
            ("10:30", Kind::Number),
            ("5mg", Kind::Mixed),
            ("\u{1f52a}", Kind::Sign),
            ("https://x.example/a?b", Kind::Url),
            ("a.b@c.example", Kind::Email),
            ("@hill_top", Kind::Mention),
            ("[video]", Kind::Bracketed),
        ];
        let found = cut(
            "Dr O\u{2019}Neil said 10:30, 5mg \u{1f52a} https://x.example/a?b. a.b@c.example @hill_top [video]",
        );
        let found: Vec<(&str, Kind)> = found.iter().map(|(s, k)| (s.as_str(), *k)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn flags_tell_case_sentence_and_quotation() {
        let view = View::new("He shouted \"go away\" at US. 'Be kind' says it");
        let flags = |word: &str| {
            view.tokens
                .iter()
                .find(|t| view.spelling(t) == word)
                .map(|t| t.flags)
                .unwrap()
        };
        assert!(flags("he") & Token::SENTENCE != 0 && flags("he") & Token::CAPITAL != 0);
        assert!(flags("go") & Token::QUOTED != 0 && flags("away") & Token::QUOTED != 0);
        assert!(flags("at") & Token::QUOTED == 0);
        assert!(flags("us") & Token::UPPER != 0);
        assert!(flags("be") & (Token::QUOTED | Token::SENTENCE) == Token::QUOTED | Token::SENTENCE);
        assert!(flags("kind") & Token::QUOTED != 0 && flags("says") & Token::QUOTED == 0);
    }

    #[test]
    fn spans_point_into_the_text_as_posted() {
        let text = "ok \u{1d41f}\u{200b}\u{1d428}o bar";
        let view = View::new(text);
        assert_eq!(view.spelling(&view.tokens[1]), "foo");
        assert_eq!(&text[view.span_of(1, 1)], "\u{1d41f}\u{200b}\u{1d428}o");
        assert_eq!(&text[view.span_of(1, 2)], "\u{1d41f}\u{200b}\u{1d428}o bar");
    }
}
