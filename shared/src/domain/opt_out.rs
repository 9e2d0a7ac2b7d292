//! Whether somebody asks to be left alone, in the words in which people do, English and Spanish.
//!
//! Believing it wrongly costs a person's answer instead of a program's; not believing it costs trust and
//! breaks the law. What mail programs put under letters ("Unsubscribe") must not count all the same, nor
//! "please stop by tomorrow".

/// The whole of a short message.
const WORDS: [&str; 3] = [
    "stop|stopall|alto|baja|basta|parar|pare|paren|detener",
    "stop all",
    "remove",
];

/// The whole of a short message, or a sentence that asks for it: on a line of its own it may be a footer.
const NAMES: [&str; 2] = [
    "unsubscribe ?from|this|my|your|these|the|all ?your|these|this|the|all ?email|mailing ?address|list|lists|emails|messages|mails",
    "opt|optout ?out ?of|from ?your|these|this|all|the ?mailing|automated|automatic ?emails|messages|list|mails|replies",
];

/// A sentence of its own anywhere in a message. A word after `?` may be missing.
const SENTENCES: [&str; 20] = [
    "stop|quit|cease emailing|mailing|messaging|contacting|writing|texting|spamming ?to ?me|us",
    "stop|quit sending ?me|us ?your|the|these|those|any|all|automated|automatic ?automated|automatic emails|email|mails|mail|messages|replies|letters|spam ?to ?me|us",
    "stop ?all|the|these|those|your ?automated|automatic emails|email|mails|mail|messages|replies|letters ?to ?me|us",
    "dont|never email|mail|message|contact|write|text|spam ?to me|us",
    "dont|never send ?me|us ?any|your|these|automated|automatic ?more emails|email|mails|mail|messages|replies|letters|anything ?to ?me|us",
    "dont want|wish|need ?to ?receive|get ?any|your|these|automated|automatic ?more emails|email|mails|mail|messages|replies|letters ?from",
    "dont want|wish to hear from",
    "dont want|wish to be contacted|emailed ?by",
    "remove|take|delete|drop me|us|my ?email ?address from|off|out ?of ?your|the|this|that|all ?email|mailing|contact list|lists|database",
    "remove|delete|unsubscribe me|us ?from ?your|the|this|these|all ?email|mailing ?list|lists|emails|messages",
    "remove|delete my email ?address",
    "opt me|us out ?of|from ?your|these|this|all|the ?mailing|automated|automatic ?emails|messages|list|mails|replies",
    "no more emails|email|mails|mail|messages|replies",
    "leave me|us alone",
    "dar|darme|denme|deme|dame de baja ?de|del|en ?la|las|su|sus|esta|estos ?lista|listas|correos|correo",
    "cancelar|cancele|cancelen mi|la suscripcion",
    "dejen|deje|deja|dejar|paren|pare de enviarme|mandarme|escribirme|contactarme ?estos|sus|los|tantos ?correos|correo|emails|email|mensajes|respuestas ?electronicos|automaticos|automaticas",
    "no me envie|envien|envies|mande|manden|mandes|escriba|escriban|escribas|contacte|contacten|contactes ?mas ?correos|correo|emails|email|mensajes ?electronicos",
    "no quiero|deseo ?recibir ?mas ?sus|estos ?mas correos|correo|emails|email|mensajes|respuestas ?electronicos|automaticos|automaticas|suyos",
    "quitenme|quiteme|eliminenme|elimineme|saquenme|saqueme|borrenme|borreme|desuscribanme|desuscribirme ?de ?su|la|esta|sus ?lista|listas|correos",
];

/// What stands before a wish.
const BEFORE: [&str; 27] = [
    "please",
    "pls",
    "kindly",
    "hi",
    "hello",
    "hey",
    "ok",
    "okay",
    "just",
    "can you",
    "could you",
    "would you",
    "will you",
    "i want you to",
    "i want to",
    "i would like you to",
    "i would like to",
    "id like you to",
    "id like to",
    "i need to",
    "how do i",
    "how can i",
    "i",
    "por favor",
    "quiero",
    "quisiera",
    "deseo",
];

/// What stands after it.
const AFTER: [&str; 17] = [
    "please",
    "pls",
    "thanks",
    "thank you",
    "you",
    "now",
    "immediately",
    "again",
    "anymore",
    "any more",
    "any longer",
    "ever",
    "asap",
    "por favor",
    "gracias",
    "ya",
    "mas",
];

/// A message with more words is a letter about something else.
const LETTER: usize = 80;
/// A wish in one word, with a greeting and a name.
const SHORT: usize = 8;

/// Whether a message, of which the subject and what was written this time are given, asks for it. A mail
/// program that unsubscribes by itself says it in the subject alone (RFC 2369, `List-Unsubscribe`).
pub fn asks_to_stop(subject: &str, text: &str) -> bool {
    if text.trim().is_empty() {
        return asks(subject);
    }
    let begins = !subject.trim().to_lowercase().starts_with("re:");
    let about = begins && words(text).len() <= SHORT && names_it(&words(subject));
    about || asks(text)
}

fn asks(text: &str) -> bool {
    let in_all = words(text).len();
    if in_all > LETTER {
        return false;
    }
    let sentences = text.split_inclusive(['.', '!', '?', ';', ',', ':', '\n']);
    let sentences = sentences.map(|text| (words(text), text.ends_with('?')));
    // A greeting stands before the first sentence.
    let says = |words: &[String]| !words.is_empty() && !BEFORE.contains(&words.join(" ").as_str());
    let sentences = sentences.filter(|(words, _)| says(words));
    for (number, (words, is_question)) in sentences.enumerate() {
        let (wish, is_asked_for) = bare(&words);
        let alone = number == 0 && in_all <= SHORT && !is_question;
        if any_fits(&SENTENCES, wish)
            || (alone && any_fits(&WORDS, wish))
            || ((alone || is_asked_for) && any_fits(&NAMES, wish))
        {
            return true;
        }
    }
    false
}

fn names_it(words: &[String]) -> bool {
    let (wish, _) = bare(words);
    any_fits(&NAMES, wish) || any_fits(&SENTENCES, wish)
}

/// Lower-case words without accents; `don't` and `do not` are one, and so are `e-mail` and `email`.
fn words(text: &str) -> Vec<String> {
    let plain = text.to_lowercase().replace(['\'', '’'], "");
    let plain: String = plain
        .chars()
        .map(|c| match c {
            'á' => 'a',
            'é' => 'e',
            'í' => 'i',
            'ó' => 'o',
            'ú' | 'ü' => 'u',
            'ñ' => 'n',
            c if c.is_alphanumeric() => c,
            _ => ' ',
        })
        .collect();
    let spaced = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let spaced = format!(" {spaced} ")
        .replace(" e mail", " email")
        .replace(" do not ", " dont ")
        .replace(" no longer ", " dont ");
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// The wish without what is said around it, and whether something before it says that it is one.
fn bare(words: &[String]) -> (&[String], bool) {
    let starts = |words: &[String], with: &str| {
        let mut with = with.split(' ');
        let length = with.clone().count();
        (words.len() > length && words.iter().zip(&mut with).all(|(a, b)| a == b)).then_some(length)
    };
    let ends = |words: &[String], with: &str| {
        let length = with.split(' ').count();
        let from = words.len().checked_sub(length).filter(|from| *from > 0)?;
        words[from..]
            .iter()
            .zip(with.split(' '))
            .all(|(a, b)| a == b)
            .then_some(from)
    };
    let mut left = words;
    while let Some(length) = BEFORE.iter().find_map(|before| starts(left, before)) {
        left = &left[length..];
    }
    let is_asked_for = left.len() < words.len();
    while let Some(end) = AFTER.iter().find_map(|after| ends(left, after)) {
        left = &left[..end];
    }
    (left, is_asked_for)
}

fn any_fits(patterns: &[&str], words: &[String]) -> bool {
    patterns.iter().any(|pattern| {
        let slots: Vec<&str> = pattern.split(' ').collect();
        fits(&slots, words)
    })
}

/// Whether the words fill the slots, each with one of its words; a slot after `?` may stay empty.
fn fits(slots: &[&str], words: &[String]) -> bool {
    let Some((slot, slots)) = slots.split_first() else {
        return words.is_empty();
    };
    let (choices, optional) = match slot.strip_prefix('?') {
        Some(choices) => (choices, true),
        None => (*slot, false),
    };
    let filled = words.split_first().is_some_and(|(word, words)| {
        choices.split('|').any(|choice| choice == word) && fits(slots, words)
    });
    filled || (optional && fits(slots, words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_ask_to_be_left_alone_in_many_words() {
        for text in [
            "STOP",
            "stop",
            " stop. ",
            "Stop!",
            "Unsubscribe",
            "UNSUBSCRIBE",
            "opt out!",
            "Opt-out",
            "Please stop",
            "STOP please",
            "Stop.\n\nAnn Lee",
            "Hi, stop",
            "Please unsubscribe me.",
            "remove me",
            "please stop emailing me",
            "Please stop e-mailing me.",
            "Stop sending me emails!",
            "Hi there. Could you please stop emailing me? I have found a place. Ann",
            "I found a place, please stop contacting me",
            "Don't email me anymore.",
            "Do not contact me again",
            "do not write to me",
            "I don’t want to receive your emails any more",
            "I no longer wish to receive emails.",
            "Take me off your mailing list",
            "Please remove my email address from your list.",
            "I found a home already, thanks. Please unsubscribe.",
            "How do I unsubscribe?",
            "no more emails please",
            "Leave me alone.",
            "I want to opt out",
            "Unsubscribe me from these emails",
            "BAJA",
            "Alto",
            "Por favor, dejen de enviarme correos",
            "Por favor dejen de escribirme.",
            "Quiero darme de baja",
            "No me envíen más correos electrónicos.",
            "No me escriban más",
            "no quiero recibir más mensajes",
            "Hola. Deme de baja de su lista, por favor.",
            "Quítenme de la lista",
        ] {
            assert!(asks_to_stop("2BR?", text), "{text}");
        }
    }

    #[test]
    fn other_wishes_are_not_taken_for_it() {
        for text in [
            "",
            "When does the bus stop running?",
            "Please stop by tomorrow",
            "Can I stop by at 5?",
            "Stop?",
            "Is there a bus stop? Please stop me if I ask too much.",
            "Do not email me the lease, I will pick it up",
            "Do not contact me by phone, mail is best.",
            "Is it in the planta baja?",
            "¿Es la planta baja?",
            "Why did you stop answering my emails?",
            "I can't stop thinking about that kitchen!",
            "Can you remove me as a co-applicant?",
            "I would not want to miss your emails.",
            "Any two-bedrooms?\n\nSent with Mailer\nUnsubscribe",
            "Any two-bedrooms in January for us and a cat?\nUnsubscribe from this list",
            "I have a question about the opt out clause of the lease. How long is it?",
        ] {
            assert!(!asks_to_stop("2BR?", text), "{text}");
        }
        let long = format!(
            "{}\nStop emailing me.",
            "We would like to know more. ".repeat(20)
        );
        assert!(!asks_to_stop("2BR?", &long));
    }

    #[test]
    fn a_mail_program_says_it_in_the_subject() {
        for (subject, text, asks) in [
            ("Unsubscribe", "", true),
            (
                "unsubscribe",
                "This message was automatically generated by Gmail.",
                true,
            ),
            ("STOP", " ", true),
            ("Re: unsubscribe", "Any two-bedrooms?", false),
            ("Stop", "Is there one nearby?", false),
            ("2BR?", "", false),
            ("", "", false),
        ] {
            assert_eq!(asks_to_stop(subject, text), asks, "{subject}: {text}");
        }
    }
}
