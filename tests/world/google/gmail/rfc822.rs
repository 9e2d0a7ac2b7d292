//! Reading and patching the headers of raw mail, with a library's parser.

use mail_parser::parsers::MessageStream;
use mail_parser::{Address, Header, MessageParser};

/// Headers in order, names as written, values unfolded and RFC 2047-decoded.
pub fn headers(raw: &[u8]) -> Vec<(String, String)> {
    match MessageParser::default().parse_headers(raw) {
        Some(message) => message
            .headers()
            .iter()
            .map(|header| read(raw, header))
            .collect(),
        None => Vec::new(),
    }
}

/// One header as text.
pub fn read(raw: &[u8], header: &Header<'_>) -> (String, String) {
    let at = |from: u32, to: u32| raw.get(from as usize..to as usize).unwrap_or_default();
    let name = at(header.offset_field, header.offset_start);
    let name = String::from_utf8_lossy(name)
        .trim_end_matches([':', ' ', '\t'])
        .to_owned();
    let value = [
        at(header.offset_start, header.offset_end).trim_ascii(),
        b"\r\n",
    ]
    .concat();
    let value = MessageStream::new(&value).parse_unstructured().into_text();
    (
        name,
        value.map(|text| text.into_owned()).unwrap_or_default(),
    )
}

/// The first text body, with LF line ends.
pub fn text(raw: &[u8]) -> String {
    let mail = MessageParser::default().parse(raw);
    let text = mail.as_ref().and_then(|mail| mail.body_text(0));
    text.unwrap_or_default().replace("\r\n", "\n")
}

/// The first header of that name.
pub fn header(raw: &[u8], name: &str) -> Option<String> {
    let same = |(candidate, _): &(String, String)| candidate.eq_ignore_ascii_case(name);
    headers(raw).into_iter().find(same).map(|(_, value)| value)
}

/// The message ids (RFC 5322 §3.6.4) in a header, angle brackets included.
pub fn message_ids(raw: &[u8], name: &str) -> Vec<String> {
    let value = header(raw, name).unwrap_or_default();
    let inner = value
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'));
    inner
        .filter(|(id, _)| valid_message_id(id))
        .map(|(id, _)| format!("<{id}>"))
        .collect()
}

/// The mail's own id, angle brackets included, when it is well-formed.
pub fn message_id(raw: &[u8]) -> Option<String> {
    message_ids(raw, "Message-ID").into_iter().next()
}

fn valid_message_id(id: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with('.');
    match id.split_once('@') {
        Some((left, right)) => {
            plain(left) && plain(right) && !right.contains('@') && !id.contains(char::is_whitespace)
        }
        None => false,
    }
}

/// The subject without the prefixes that replies and forwards put before it.
pub fn topic(subject: &str) -> String {
    let mut rest = subject.trim();
    loop {
        let prefix = rest.split_once(':').filter(|(prefix, _)| {
            ["re", "fw", "fwd", "aw", "sv", "antw"].contains(&prefix.to_lowercase().as_str())
        });
        match prefix {
            Some((_, after)) => rest = after.trim_start(),
            None => return rest.to_lowercase(),
        }
    }
}

/// The addresses in To, Cc and Bcc, lower-case.
pub fn recipients(raw: &[u8]) -> Vec<String> {
    let Some(message) = MessageParser::default().parse_headers(raw) else {
        return Vec::new();
    };
    let all = message
        .all_to()
        .chain(message.all_cc())
        .chain(message.all_bcc());
    all.flat_map(addresses).collect()
}

/// The address in From, lower-case.
pub fn sender(raw: &[u8]) -> Option<String> {
    let message = MessageParser::default().parse_headers(raw)?;
    message
        .from()
        .and_then(|from| addresses(from).into_iter().next())
}

fn addresses(address: &Address<'_>) -> Vec<String> {
    address
        .iter()
        .filter_map(|one| one.address())
        .map(str::to_lowercase)
        .collect()
}

/// Headers and body of a raw mail; the blank line belongs to the body.
pub fn split(raw: &[u8]) -> (&[u8], &[u8]) {
    let end = raw
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .map(|at| at + 2);
    let end = end.or_else(|| raw.windows(2).position(|w| w == b"\n\n").map(|at| at + 1));
    raw.split_at(end.unwrap_or(raw.len()))
}

/// The mail with header lines put before the others.
pub fn prepend(raw: &[u8], lines: &[(&str, &str)]) -> Vec<u8> {
    let added: String = lines
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    [added.as_bytes(), raw].concat()
}

/// The mail without any header of that name, folded lines included.
pub fn without(raw: &[u8], name: &str) -> Vec<u8> {
    let (head, body) = split(raw);
    let mut kept = Vec::with_capacity(raw.len());
    let mut dropping = false;
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let field = line.split(|byte| *byte == b':').next().unwrap_or_default();
            dropping = field.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        }
        if !dropping {
            kept.extend_from_slice(line);
        }
    }
    kept.extend_from_slice(body);
    kept
}

/// What Gmail makes of eight-bit header octets: each is taken for a Latin-1 character.
pub fn garble_eight_bit_headers(raw: &[u8]) -> Vec<u8> {
    let (head, body) = split(raw);
    let head: String = head.iter().map(|byte| char::from(*byte)).collect();
    [head.as_bytes(), body].concat()
}
