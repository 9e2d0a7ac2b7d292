//! What is new in a mail.

use proptest::prelude::*;

use crate::mail::quoting::{Split, split};

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
