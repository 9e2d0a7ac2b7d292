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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all_is_fresh(text: &str) {
        let Split { fresh, quoted } = split(text);
        assert_eq!((fresh.as_str(), quoted.as_str()), (text, ""));
    }

    #[test]
    fn everything_below_a_mark_is_quoted() {
        for mark in [
            "On Mon, Jan 5, 2026 at 10:02 AM Oak Court <leasing@oak.example> wrote:\n> old",
            "On Mon, Jan 5, 2026 at 10:02 AM Oak Court <leasing@oak.example>\nwrote:\n\n> old",
            "On Mon, Jan 5, 2026 at 10:02 AM\nOak Court Leasing and Management\n<leasing@oak.example> wrote:\nold",
            "On 05/01/2026 10:02, Oak Court wrote:\n\nold without marks\n\nmore",
            "Am 05.01.2026 um 10:02 schrieb Oak Court <leasing@oak.example>:\n> alt",
            "Am Mo., 5. Jan. 2026 um 10:02 Uhr schrieb Oak Court <\nleasing@oak.example>:\n> alt",
            "Le lun. 5 janv. 2026 à 10:02, Oak Court <leasing@oak.example> a écrit :\n> vieux",
            "El lun, 5 ene 2026 a las 10:02, Oak Court (<leasing@oak.example>) escribió:\n> viejo",
            "Op ma 5 jan 2026 om 10:02 schreef Oak Court <leasing@oak.example>:\n> oud",
            "Em seg., 5 de jan. de 2026 às 10:02, Oak Court <leasing@oak.example> escreveu:\n> velho",
            "Il giorno lun 5 gen 2026 alle ore 10:02 Oak Court <leasing@oak.example> ha scritto:\n> vecchio",
            "Den mån 5 jan. 2026 kl 10:02 skrev Oak Court <leasing@oak.example>:\n> gammal",
            "W dniu 5.01.2026 o 10:02, Oak Court pisze:\n> stare",
            "пн, 5 янв. 2026 г. в 10:02, Oak Court <leasing@oak.example>:\n> старое",
            "Oak Court <leasing@oak.example> wrote:\nold",
            "-----Original Message-----\nFrom: Oak Court\nold",
            "----- Ursprüngliche Nachricht -----\nalt",
            "---------- Forwarded message ---------\nFrom: Oak",
            "-------- Message d’origine --------\nvieux",
            "From: Oak Court <leasing@oak.example>\nSent: Monday, January 5, 2026 10:02 AM\nTo: Ann\nSubject: x\n\nold",
            "________________________________\nFrom: Oak Court\nSent: Monday\nTo: Ann\nold",
            "*From:* Oak Court\n*Date:* Monday\n*Subject:* x\nold",
            "Von: Oak Court\nGesendet: Montag, 5. Januar 2026\nAn: Ann\nBetreff: x\nalt",
            "De : Oak Court\nEnvoyé : lundi\nÀ : Ann\nObjet : x\nvieux",
            "De: Oak Court\nEnviado el: lunes\nPara: Ann\nAsunto: x\nviejo",
            "-- \nAnn Lee\n312-555-0142",
            "--\nAnn Lee",
            "Sent from my iPhone",
            "Get Outlook for iOS<https://aka.ms/o0ukef>",
            "Von meinem iPhone gesendet",
            "> old\n> > older",
        ] {
            let split = split(&format!("New words.\n\n{mark}\n"));
            assert_eq!(split.fresh, "New words.", "{mark}");
            assert!(
                split
                    .quoted
                    .contains(mark.lines().next().unwrap().trim_end()),
                "{mark}"
            );
        }
    }

    #[test]
    fn what_a_person_says_is_kept() {
        for text in [
            "On Monday I wrote:\nis it free?",
            "On 5 January your colleague told me: no pets.",
            "From: the street I saw two balconies.\nTo: be honest, I liked it.",
            "From the 1st on: rent is due.\nDate: is fine.",
            "Budget -- about 1,800.\n-- or less",
            "A list:\n- one\n- two",
            "I am sent from my company to Chicago.",
            "Sent from my iPhone or not, does it matter?",
            "The original message said two bedrooms.",
            "a > b\nb < c",
            "He asked me to write to ann@example.com: is that you?",
        ] {
            all_is_fresh(text);
        }
    }

    #[test]
    fn answers_between_the_quotes_are_kept() {
        let text = "Hi,\n\nOn Mon, Jan 5, 2026, Oak <o@oak.example> wrote:\n> Which floor?\n\nThird.\n\n> Pets?\nOne cat.\n";
        let split = split(text);
        assert_eq!(split.fresh, "Hi,\n\n\nThird.\n\nOne cat.");
        assert!(split.quoted.contains("> Pets?"));
    }

    #[test]
    fn if_nothing_is_left_everything_is_fresh() {
        for text in [
            "> only quoted",
            "Sent from my iPhone",
            "-----Original Message-----\nFrom: x",
            "-- \nAnn",
        ] {
            all_is_fresh(text);
        }
        assert_eq!(split("").fresh, "");
    }

    proptest! {
        #[test]
        fn no_line_is_invented_or_lost(text in "(([a-zäÀ>:@-]{0,9}|On 1 a@b.cc|wrote:|From: x|Sent: x|To: x|-- |--)[ \n]){0,30}") {
            let split = split(&text);
            let count = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
            prop_assert_eq!(count(&split.fresh) + count(&split.quoted), count(&text));
            prop_assert_eq!(split.fresh.is_empty(), text.trim().is_empty());
        }
    }
}
