//! Numbers in digits and in words, and what makes money or a share of them.

use super::token::Tokens;

/// A number in thousandths: "1,850", "1850.00" and "eighteen hundred" are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(pub u64);

impl Amount {
    pub const fn whole(number: u64) -> Self {
        Self(number.saturating_mul(1000))
    }

    /// `None` for a broken number.
    pub fn as_whole(self) -> Option<u64> {
        self.0.is_multiple_of(1000).then_some(self.0 / 1000)
    }
}

/// A sum of money, and the place behind it: `$1,850`, `1850 dollars`, `USD 1,850`, `1,850 a month`,
/// `rent is 1850`, `two grand`.
pub fn money(tokens: &Tokens<'_>, at: usize) -> Option<(Amount, usize)> {
    if tokens.word(at) == "a" && tokens.word(at + 1) == "grand" {
        return Some((Amount::whole(1000), at + 2));
    }
    let is_currency = |at: usize| matches!(tokens.mark(at), Some('$' | '€' | '£'));
    if matches!(tokens.word(at), "us" | "usd") {
        let from = if is_currency(at + 1) { at + 2 } else { at + 1 };
        let is_code = tokens.word(at) == "usd" || from == at + 2;
        return if is_code { number(tokens, from) } else { None };
    }
    if is_currency(at) {
        return number(tokens, at + 1);
    }
    let (amount, next) = number(tokens, at)?;
    if is_currency(next) && tokens.digits(next + 1).is_none() {
        return Some((amount, next + 1));
    }
    match tokens.word(next) {
        "dollar" | "dollars" | "usd" | "bucks" => return Some((amount, next + 1)),
        "grand" => return Some((Amount(amount.0.saturating_mul(1000)), next + 1)),
        _ => {}
    }
    let is_price = amount >= Amount::whole(100)
        && (is_per_month(tokens, next) || follows_price(tokens, at) && !is_measure(tokens, next));
    is_price.then_some((amount, next))
}

/// `per month`, `a month`, `/month`, `/mo`, `monthly`.
fn is_per_month(tokens: &Tokens<'_>, at: usize) -> bool {
    let is_month = |at: usize| matches!(tokens.word(at), "month" | "mo" | "mth");
    match tokens.word(at) {
        "monthly" => true,
        "per" | "a" | "each" | "every" => is_month(at + 1),
        _ => tokens.is(at, '/') && is_month(at + 1),
    }
}

/// A word of prices stands shortly before it.
fn follows_price(tokens: &Tokens<'_>, at: usize) -> bool {
    const PRICES: [&str; 18] = [
        "rent", "rents", "price", "prices", "priced", "cost", "costs", "fee", "fees", "deposit",
        "deposits", "rate", "rates", "charge", "charges", "pay", "save", "discount",
    ];
    (at.saturating_sub(4)..at).any(|before| PRICES.contains(&tokens.word(before)))
}

fn is_measure(tokens: &Tokens<'_>, at: usize) -> bool {
    const MEASURES: [&str; 12] = [
        "sq",
        "square",
        "sqft",
        "sf",
        "ft",
        "feet",
        "units",
        "homes",
        "apartments",
        "lbs",
        "pounds",
        "days",
    ];
    MEASURES.contains(&tokens.word(at))
}

/// A share, and the place behind it: `5%`, `5 percent`, `five per cent`.
pub fn percent(tokens: &Tokens<'_>, at: usize) -> Option<(Amount, usize)> {
    let (amount, next) = number(tokens, at)?;
    match tokens.word(next) {
        "percent" => Some((amount, next + 1)),
        "per" if tokens.word(next + 1) == "cent" => Some((amount, next + 2)),
        _ => tokens.is(next, '%').then_some((amount, next + 1)),
    }
}

/// A number, and the place behind it.
pub fn number(tokens: &Tokens<'_>, at: usize) -> Option<(Amount, usize)> {
    let (amount, next) = match tokens.digits(at) {
        Some(_) => in_digits(tokens, at)?,
        None => return in_words(tokens, at),
    };
    let factor = match tokens.word(next) {
        "k" if tokens.is_glued(next) => 1000,
        "thousand" => 1000,
        "hundred" => 100,
        _ => return Some((amount, next)),
    };
    Some((Amount(amount.0.saturating_mul(factor)), next + 1))
}

/// Commas and a point before three digits group thousands.
fn in_digits(tokens: &Tokens<'_>, at: usize) -> Option<(Amount, usize)> {
    let first = tokens.digits(at)?;
    let group = |at: usize, mark: char| {
        let joined = tokens.is(at, mark) && tokens.is_glued(at) && tokens.is_glued(at + 1);
        joined.then(|| tokens.digits(at + 1)).flatten()
    };
    let mut whole = first.to_owned();
    let mut next = at + 1;
    let may_group = first.len() <= 3 && first != "0";
    while let Some(digits) = group(next, ',').filter(|digits| may_group && digits.len() == 3) {
        whole.push_str(digits);
        next += 2;
    }
    let mut thousandths = 0;
    if let Some(digits) = group(next, '.') {
        next += 2;
        if may_group && whole == first && digits.len() == 3 {
            whole.push_str(digits);
        } else {
            let three: String = digits.chars().chain("000".chars()).take(3).collect();
            thousandths = three.parse().unwrap_or(0);
        }
    }
    let whole: u64 = whole.parse().unwrap_or(u64::MAX);
    let amount = Amount::whole(whole).0.saturating_add(thousandths);
    Some((Amount(amount), next))
}

/// `two` to `ninety-nine`, `eighteen hundred`, `eighteen fifty`, `two thousand five hundred and ten`; not a lone `one`.
fn in_words(tokens: &Tokens<'_>, at: usize) -> Option<(Amount, usize)> {
    let (mut total, mut current, mut next) = (0_u64, 0_u64, at);
    // How much the next word may add: a number goes down, until it is multiplied.
    let mut room = 100;
    let mut only_one = true;
    loop {
        let mut place = next;
        let is_inside = place > at;
        if is_inside && (tokens.is(place, '-') || (room == 100 && tokens.word(place) == "and")) {
            place += 1;
        }
        let word = tokens.word(place);
        if let Some(value) = word_value(word).filter(|value| *value < room) {
            current += value;
            room = if value >= 20 { 10 } else { 1 };
        } else if word == "hundred" && current < 100 {
            current = current.max(1) * 100;
            room = 100;
        } else if word == "thousand" && total == 0 {
            total = current.max(1) * 1000;
            current = 0;
            room = 1000;
        } else {
            break;
        }
        only_one &= word == "one";
        next = place + 1;
        room = if room == 1000 { 100 } else { room };
    }
    // "fourteen fifty" is said of prices, and means hundreds.
    if total == 0 && (1..100).contains(&current) && !only_one {
        let rest = word_value(tokens.word(next)).filter(|rest| *rest >= 10);
        if let Some(rest) = rest {
            let unit = next + 1 + usize::from(tokens.is(next + 1, '-'));
            let last = word_value(tokens.word(unit)).filter(|last| rest >= 20 && *last < 10);
            let end = if last.is_some() { unit + 1 } else { next + 1 };
            let sum = current * 100 + rest + last.unwrap_or(0);
            return Some((Amount::whole(sum), end));
        }
    }
    (next > at && !only_one).then(|| (Amount::whole(total + current), next))
}

pub fn word_value(word: &str) -> Option<u64> {
    const SMALL: [&str; 19] = [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = [
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    let place = |words: &[&str]| words.iter().position(|known| *known == word);
    let small = place(&SMALL).map(|index| index as u64 + 1);
    small.or_else(|| place(&TENS).map(|index| (index as u64 + 2) * 10))
}
