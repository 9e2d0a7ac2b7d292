//! A text as words, runs of digits and single marks.

use std::ops::Range;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Digits,
    Mark(char),
}

#[derive(Clone, Debug)]
struct Token<'a> {
    text: &'a str,
    lower: String,
    kind: Kind,
    /// Nothing stands between this one and the one before.
    glued: bool,
    start: usize,
}

/// All of a text, in order. What is asked of a place behind the end is empty.
pub struct Tokens<'a>(Vec<Token<'a>>);

impl<'a> Tokens<'a> {
    /// Leaves the given stretches out; each counts as one mark, so that nothing is read across it.
    pub fn of(text: &'a str, without: &[Range<usize>]) -> Self {
        let mut tokens: Vec<Token<'a>> = Vec::new();
        let mut from = 0;
        for hole in without {
            split(text, from..hole.start, &mut tokens);
            tokens.push(Token {
                text: "",
                lower: String::new(),
                kind: Kind::Mark('\0'),
                glued: false,
                start: hole.start,
            });
            from = hole.end;
        }
        split(text, from..text.len(), &mut tokens);
        Self(tokens)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The word there in lower case; `""` where there is none.
    pub fn word(&self, at: usize) -> &str {
        match self.0.get(at) {
            Some(token) if token.kind == Kind::Word => &token.lower,
            _ => "",
        }
    }

    /// The word before that place.
    pub fn word_before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |before| self.word(before))
    }

    pub fn is_capital(&self, at: usize) -> bool {
        self.0
            .get(at)
            .is_some_and(|token| token.text.starts_with(char::is_uppercase))
    }

    pub fn digits(&self, at: usize) -> Option<&'a str> {
        let token = self.0.get(at)?;
        (token.kind == Kind::Digits).then_some(token.text)
    }

    /// A number of so many digits at the most.
    pub fn small(&self, at: usize, digits_max: usize) -> Option<u16> {
        let digits = self.digits(at)?;
        (digits.len() <= digits_max).then(|| digits.parse().ok())?
    }

    pub fn mark(&self, at: usize) -> Option<char> {
        match self.0.get(at)?.kind {
            Kind::Mark(mark) => Some(mark),
            Kind::Word | Kind::Digits => None,
        }
    }

    pub fn is(&self, at: usize, mark: char) -> bool {
        self.mark(at) == Some(mark)
    }

    pub fn is_glued(&self, at: usize) -> bool {
        self.0.get(at).is_some_and(|token| token.glued)
    }

    /// The place of the first token that starts there or behind.
    pub fn at_or_behind(&self, byte: usize) -> usize {
        self.0.partition_point(|token| token.start < byte)
    }

    /// The bytes of the tokens `from..to`.
    pub fn range(&self, from: usize, to: usize) -> Range<usize> {
        let start = self.0.get(from).map_or(0, |token| token.start);
        let last = to.checked_sub(1).and_then(|last| self.0.get(last));
        let end = last.map_or(start, |token| token.start + token.text.len());
        start..end.max(start)
    }
}

fn split<'a>(text: &'a str, within: Range<usize>, tokens: &mut Vec<Token<'a>>) {
    let part = &text[within.clone()];
    let mut chars = part.char_indices().peekable();
    let mut glued = false;
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() {
            glued = false;
            continue;
        }
        let (kind, fits): (Kind, fn(char) -> bool) = if c.is_ascii_digit() {
            (Kind::Digits, |c| c.is_ascii_digit())
        } else if c.is_alphabetic() {
            (Kind::Word, |c| c.is_alphabetic() || is_apostrophe(c))
        } else {
            (Kind::Mark(plain(c)), |_| false)
        };
        let mut end = start + c.len_utf8();
        while let Some((at, next)) = chars.next_if(|(_, next)| fits(*next)) {
            end = at + next.len_utf8();
        }
        let text = &part[start..end];
        tokens.push(Token {
            text,
            lower: text.to_lowercase().replace('\u{2019}', "'"),
            kind,
            glued,
            start: within.start + start,
        });
        glued = true;
    }
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}')
}

/// Dashes of every length are one.
fn plain(c: char) -> char {
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c => c,
    }
}
