//! Whom a message is really from, as far as Gmail could tell.

/// What Gmail found out about the sender's domain (RFC 7489), by its own header only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dmarc {
    /// Gmail authenticated the very domain that `From` names.
    Pass,
    /// Authentication failed, or it speaks of another domain than `From` does.
    Fail,
    /// Nothing is known: no header of Gmail's, no policy, or a passing failure.
    None,
}

/// The name under which Gmail signs its results.
const OUR_AUTHSERV_ID: &str = "mx.google.com";

impl Dmarc {
    /// Reads the topmost `Authentication-Results` header (RFC 8601) of a message from `from_domain`.
    ///
    /// Headers below are not looked at: a sender can write any of them.
    pub fn of(topmost: Option<&str>, from_domain: Option<&str>) -> Self {
        let Some(value) = topmost else {
            return Dmarc::None;
        };
        let clauses = clauses(value);
        let Some((server, results)) = clauses.split_first() else {
            return Dmarc::None;
        };
        let authserv_id = server.first().map(String::as_str).unwrap_or_default();
        if !authserv_id.eq_ignore_ascii_case(OUR_AUTHSERV_ID) {
            return Dmarc::None;
        }
        let mut verdicts = results
            .iter()
            .filter_map(|clause| clause.first()?.strip_prefix("dmarc="));
        let Some(verdict) = verdicts.next() else {
            return Dmarc::None;
        };
        if verdicts.next().is_some() {
            return Dmarc::Fail; // Gmail writes one; two means that somebody smuggled one in
        }
        let mut domains = results
            .iter()
            .filter(|clause| {
                clause
                    .first()
                    .is_some_and(|token| token.starts_with("dmarc="))
            })
            .flat_map(|clause| {
                clause
                    .iter()
                    .filter_map(|token| token.strip_prefix("header.from="))
            });
        let aligned = match (domains.next(), from_domain) {
            (Some(domain), Some(from)) => domain.eq_ignore_ascii_case(from),
            _ => false,
        };
        match verdict {
            "pass" if aligned => Dmarc::Pass,
            "pass" | "fail" => Dmarc::Fail,
            _ => Dmarc::None,
        }
    }
}

/// Splits a structured header at its semicolons and those at white space, lower-cased, comments
/// left out. Quoted strings stay one token, quotes included, so that nothing in them is taken for a
/// result.
fn clauses(value: &str) -> Vec<Vec<String>> {
    let mut clauses = vec![vec![]];
    let mut token = String::new();
    let (mut quoted, mut depth) = (false, 0_usize);
    let mut chars = value.chars();
    let end_token = |token: &mut String, clauses: &mut Vec<Vec<String>>| {
        if let (false, Some(clause)) = (token.is_empty(), clauses.last_mut()) {
            clause.push(std::mem::take(token));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' if quoted || depth > 0 => {
                chars.next();
            }
            '"' if depth == 0 => {
                quoted = !quoted;
                token.push(c);
            }
            _ if quoted => token.push(c.to_ascii_lowercase()),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            ';' => {
                end_token(&mut token, &mut clauses);
                clauses.push(vec![]);
            }
            c if c.is_whitespace() => end_token(&mut token, &mut clauses),
            c => token.push(c.to_ascii_lowercase()),
        }
    }
    end_token(&mut token, &mut clauses);
    clauses
}
