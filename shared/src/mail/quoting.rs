//! Tells what a person has just written from what their mail program put below it.
//!
//! Every program marks the earlier mail in its own way and in its user's language. A mark that is
//! not known leaves quoted text in, which costs some words; a mark seen where there is none would
//! lose what the person said. So marks are narrow, and when nothing would be left, everything is
//! taken for fresh.

/// A text, taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct Split {
    /// What the sender wrote in this mail. Everything, if nothing else would be left.
    pub fresh: String,
    /// Earlier mails, signature and advertisement of the mail program, as they stood.
    pub quoted: String,
}

/// An attribution (`On … wrote:`) spans at most this many lines.
const ATTRIBUTION_LINES: usize = 4;
/// And is at most this long, in bytes.
const ATTRIBUTION_LENGTH: usize = 400;
/// A signature has at most this many lines, or its mark was none.
const SIGNATURE_LINES: usize = 12;

/// Splits a text at the marks of quoted mail.
pub fn split(text: &str) -> Split {
    let lines: Vec<&str> = text.lines().collect();
    let mut fresh = Vec::new();
    let mut quoted = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let rest = &lines[at..];
        if ends_fresh_text(rest) {
            quoted.extend_from_slice(rest);
            break;
        }
        if let Some(length) = attribution(rest) {
            quoted.extend_from_slice(&rest[..length]);
            at += length;
            let next = lines[at..].iter().find(|line| !line.trim().is_empty());
            if !next.is_some_and(|line| is_quote(line)) {
                quoted.extend_from_slice(&lines[at..]); // quoted without marks
                break;
            }
            continue;
        }
        let of_program = is_quote(rest[0]) || is_advertisement(rest[0]);
        if of_program {
            quoted.push(rest[0])
        } else {
            fresh.push(rest[0])
        }
        at += 1;
    }
    let fresh = fresh.join("\n").trim().to_owned();
    if fresh.is_empty() {
        return Split {
            fresh: text.trim().to_owned(),
            quoted: String::new(),
        };
    }
    Split {
        fresh,
        quoted: quoted.join("\n"),
    }
}

fn is_quote(line: &str) -> bool {
    line.trim_start().starts_with('>')
}

/// Whether all that follows belongs to another mail or to a signature.
fn ends_fresh_text(lines: &[&str]) -> bool {
    let line = lines[0].trim();
    is_divider(line) || is_header_block(lines) || is_signature(lines)
}

/// `-----Original Message-----`, `---------- Forwarded message ---------`, in a few languages, and
/// the line of underscores with which Outlook on the web begins its block.
fn is_divider(line: &str) -> bool {
    const TITLES: [&str; 18] = [
        "original message",
        "original appointment",
        "forwarded message",
        "reply message",
        "ursprüngliche nachricht",
        "originalnachricht",
        "weitergeleitete nachricht",
        "message d'origine",
        "message original",
        "message transféré",
        "mensaje original",
        "mensaje reenviado",
        "messaggio originale",
        "messaggio inoltrato",
        "oorspronkelijk bericht",
        "mensagem original",
        "ursprungligt meddelande",
        "oprindelig meddelelse",
    ];
    let title = line.trim_matches(['-', '_', ' ', ':']);
    let dashes = line.len() - line.trim_start_matches('-').len();
    dashes >= 2 && TITLES.contains(&title.to_lowercase().replace('’', "'").as_str())
}

/// Outlook's block: `From:`, then `Sent:` or `Date:`, then `To:` or `Subject:` within a few lines,
/// perhaps under a line of underscores.
fn is_header_block(lines: &[&str]) -> bool {
    let has_rule = lines[0].len() >= 10 && lines[0].bytes().all(|byte| byte == b'_');
    let block = &lines[usize::from(has_rule)..];
    if !block.first().is_some_and(|line| has_label(line, &FROM)) {
        return false;
    }
    let following: Vec<&&str> = block[1..]
        .iter()
        .filter(|line| !line.trim().is_empty())
        .take(5)
        .collect();
    let sent = following.iter().take(3).any(|line| has_label(line, &SENT));
    sent && following
        .iter()
        .any(|line| has_label(line, &TO) || has_label(line, &SUBJECT))
}

const FROM: [&str; 8] = ["from", "von", "de", "van", "da", "från", "fra", "od"];
const SENT: [&str; 14] = [
    "sent",
    "date",
    "gesendet",
    "datum",
    "envoyé",
    "enviado",
    "enviado el",
    "verzonden",
    "inviato",
    "data",
    "skickat",
    "sendt",
    "fecha",
    "wysłano",
];
const TO: [&str; 9] = ["to", "an", "à", "para", "aan", "a", "till", "til", "do"];
const SUBJECT: [&str; 9] = [
    "subject",
    "betreff",
    "objet",
    "asunto",
    "onderwerp",
    "oggetto",
    "assunto",
    "ämne",
    "emne",
];

fn has_label(line: &str, labels: &[&str]) -> bool {
    let Some((label, _)) = line.split_once(':') else {
        return false;
    };
    let label = label.trim_matches(['*', ' ', '\t']).to_lowercase();
    labels.contains(&label.as_str())
}

/// `-- ` alone on a line (RFC 3676 section 4.3), and `--` if what follows is as short as a
/// signature.
fn is_signature(lines: &[&str]) -> bool {
    let mut written = lines[1..]
        .iter()
        .filter(|line| !line.trim().is_empty() && !is_quote(line));
    lines[0] == "-- " || lines[0] == "--" && written.nth(SIGNATURE_LINES).is_none()
}

/// The number of lines that an attribution takes, if one begins here.
fn attribution(lines: &[&str]) -> Option<usize> {
    if lines[0].trim().is_empty() {
        return None;
    }
    let mut joined = String::new();
    for (count, line) in lines.iter().take(ATTRIBUTION_LINES).enumerate() {
        let line = line.trim();
        if line.is_empty() || joined.len() + line.len() > ATTRIBUTION_LENGTH {
            return None;
        }
        joined.push_str(line);
        if joined.ends_with([':', '：']) {
            return is_attribution(&joined).then_some(count + 1);
        }
        joined.push(' ');
    }
    None
}

/// How attributions begin and which word they have shortly before the colon.
const ATTRIBUTIONS: [(&str, &[&str]); 16] = [
    ("on ", &["wrote", "writes"]),
    ("am ", &["schrieb"]),
    ("le ", &["a écrit", "écrit"]),
    ("el ", &["escribió", "ha escrito"]),
    ("op ", &["schreef", "het volgende geschreven"]),
    ("em ", &["escreveu"]),
    ("a ", &["escreveu", "scritto"]),
    ("il ", &["ha scritto", "scritto"]),
    ("den ", &["skrev", "følgende"]),
    ("på ", &["skrev"]),
    ("w dniu ", &["pisze", "napisał", "napisała", "napisał(a)"]),
    ("dne ", &["napsal", "napsala", "napsal(a)"]),
    ("pe ", &["a scris"]),
    ("в ", &["пишет", "написал", "написала"]),
    ("dnia ", &["napisał", "napisała", "napisał(a)"]),
    ("ons ", &["skrev"]),
];

fn is_attribution(line: &str) -> bool {
    let line = line.trim_end_matches([':', '：', ' ']).to_lowercase();
    // A sentence of a person that ends this way names no day: `On pets, the lease wrote:`.
    if !line.contains(|c: char| c.is_ascii_digit()) && !line.contains('@') {
        return false;
    }
    let known = ATTRIBUTIONS.iter().any(|(start, verbs)| {
        line.starts_with(start) && verbs.iter().any(|verb| has_verb(&line, verb))
    });
    // `Ann Lee <ann@example.com> wrote:`, whatever stands before.
    let named = [
        "wrote",
        "schrieb",
        "escribió",
        "a écrit",
        "schreef",
        "skrev",
    ]
    .iter()
    .any(|verb| line.contains('@') && line.ends_with(verb));
    // A time, then an address, then the colon: Gmail, where its language has no verb here.
    let timed = line.ends_with('>') && line.contains('@') && has_time(&line);
    known || named || timed
}

/// Whether a colon stands between digits, as in `10:02`.
fn has_time(line: &str) -> bool {
    line.as_bytes()
        .windows(3)
        .any(|w| w[0].is_ascii_digit() && w[1] == b':' && w[2].is_ascii_digit())
}

/// At the end, or before the name as in German (`schrieb Ann Lee`).
fn has_verb(line: &str, verb: &str) -> bool {
    line.ends_with(verb) || line.contains(&format!(" {verb} ")) && line.contains('@') || {
        matches!(verb, "schrieb" | "schreef" | "skrev") && line.contains(&format!(" {verb} "))
    }
}

/// `Sent from my iPhone` and its like, alone on a line.
fn is_advertisement(line: &str) -> bool {
    const STARTS: [&str; 19] = [
        "sent from my ",
        "sent from mail for windows",
        "sent from outlook",
        "sent from yahoo mail",
        "sent from gmail mobile",
        "sent from proton mail",
        "sent with proton mail",
        "sent via ",
        "get outlook for ",
        "von meinem iphone gesendet",
        "gesendet von ",
        "von meinem ",
        "envoyé de mon ",
        "envoyé depuis ",
        "enviado desde mi ",
        "enviado do meu ",
        "inviato da ",
        "verstuurd vanaf ",
        "skickat från min ",
    ];
    let line = line.trim().trim_start_matches('<').to_lowercase();
    line.len() <= 100 && STARTS.iter().any(|start| line.starts_with(start)) && !line.ends_with('?')
}
