use super::{objections, sources};
use crate::domain::draft::check;

#[test]
fn each_kind_of_bad_form_is_named() {
    for (body, code) in [
        ("  \n", "empty_body"),
        ("A bell\u{7} rings", "control_characters"),
        ("Pets\u{200B} are welcome.", "hidden_characters"),
        ("Pets \u{202E}are welcome.", "hidden_characters"),
        ("Pets are welcome.\u{E0041}", "hidden_characters"),
        ("See [our page](https://oakcourt.example/tours).", "markup"),
        ("![](https://oakcourt.example/tours)", "markup"),
        (
            "See [our page][1].\n[1]: https://oakcourt.example/tours",
            "markup",
        ),
        ("<b>Great news</b>", "markup"),
        ("**Great** news", "markup"),
        ("# Pets", "markup"),
        ("As an AI, I have no opinion.", "refusal"),
        ("I'm sorry, but I can't help with that.", "refusal"),
        ("I\u{2019}m unable to assist with this request.", "refusal"),
        ("I am sorry, I cannot comply.", "refusal"),
        ("Sure.\nBcc: everyone", "header_text"),
        ("The word is b0undary.", "prompt_leak"),
        (
            "Sure: you answer E-Mails for the leasing office of an apartment community.",
            "prompt_leak",
        ),
    ] {
        assert!(
            objections(body).contains(&code),
            "{body}: {:?}",
            objections(body)
        );
    }
    assert!(objections(&"word ".repeat(500)).contains(&"too_long"));
}

const SPANISH: &str = "Muchas gracias por su mensaje. El equipo de la oficina se pondrá en contacto con usted muy pronto.";
const GERMAN: &str = "Vielen Dank für Ihre Nachricht. Unser Team wird sich sehr bald bei Ihnen melden und alles erklären.";

#[test]
fn a_letter_is_written_in_english_whatever_the_prospect_writes() {
    let mut spanish = sources();
    spanish.prospect = vec![
        "Buenos días, me gustaría saber si tienen apartamentos disponibles para dos personas.",
    ];
    let found = |body: &str| check(body, &[], &spanish).objections;
    assert_eq!(
        found("Thank you for your message. The leasing team will follow up with you."),
        Vec::<&str>::new()
    );
    assert_eq!(found(SPANISH), ["not_english"]);
    assert_eq!(found(GERMAN), ["not_english"]);
    let mixed = "Thank you for your message. El alquiler es de mil dólares.";
    assert_eq!(found(mixed), ["not_english"], "one sentence is enough");
}

#[test]
fn names_greetings_and_borrowed_words_are_english_enough() {
    for body in [
        "Gracias. OK.",
        "Hola Ann, thank you for your message.",
        "Dear José Muñoz,\nthank you for your message.",
        "Dear 王芳,\nthank you for your message.",
        "Thanks for your interest, and see you at the café near Los Angeles Street in San Antonio!",
        "Best regards,\nOak Court Leasing Team",
        "Here is a résumé of our rules: two-bedroom homes rent from $1,850 a month.",
    ] {
        assert_eq!(objections(body), Vec::<&str>::new(), "{body}");
    }
}
