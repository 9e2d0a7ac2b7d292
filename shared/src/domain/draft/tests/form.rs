use super::{checked, objections, sources};
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
fn a_letter_is_written_in_english_or_as_the_prospect_writes() {
    let mut spanish = sources();
    spanish.prospect = vec![
        "Buenos días, me gustaría saber si tienen apartamentos disponibles para dos personas.",
    ];
    let found = |body: &str| check(body, &[], &spanish).objections;
    assert_eq!(found(SPANISH), Vec::<&str>::new());
    assert_eq!(
        found("Thank you for your message. The leasing team will follow up with you."),
        Vec::<&str>::new()
    );
    assert_eq!(found(GERMAN), ["wrong_language"]);
    assert_eq!(objections(SPANISH), ["wrong_language"]);
    assert_eq!(
        objections("Gracias. OK."),
        Vec::<&str>::new(),
        "too short to tell"
    );
    assert!(checked("Gracias. OK.").confidence > 0.0);
}

#[test]
fn in_another_language_the_thread_vouches_for_nothing() {
    let mut spanish = sources();
    spanish.prospect = vec![
        "Buenos días, me gustaría saber si el alquiler de su apartamento es de 999 dólares al mes.",
    ];
    let body = |price: &str| {
        format!("{SPANISH} El alquiler de los apartamentos es de {price} al mes, con mucho gusto.")
    };
    assert_eq!(
        check(&body("$1,850"), &[], &spanish).objections,
        Vec::<&str>::new()
    );
    assert_eq!(
        check(&body("$999"), &[], &spanish).objections,
        ["unknown_price"]
    );
}
