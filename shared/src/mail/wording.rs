//! The words around the words: what every letter to a prospect ends with; and the letters that no model writes.

use crate::domain::fair_housing::Wording;

/// Puts a letter together: body, signature, who wrote it and how to reach a person, how to opt out.
///
/// Exactly this text is stored and sent. Parts that are empty are left out together with their empty
/// line; `disclosure` and `opt_out` stand together at the end.
pub fn letter(body: &str, signature: &str, disclosure: &str, opt_out: &str) -> String {
    let closing = join(&[disclosure, opt_out], "\n");
    join(&[body, signature, &closing], "\n\n")
}

/// Says that a program wrote the letter and how to reach a person at the property. `phone` may be
/// empty.
pub fn disclosure(property: &str, phone: &str) -> String {
    let office = match property.trim() {
        "" => "our leasing office".to_owned(),
        property => format!("the {property} leasing office"),
    };
    let reach = reach(phone);
    format!("This reply was written by an automated assistant of {office}. {reach}")
}

/// Says how to reach a person. `phone` may be empty.
pub fn reach(phone: &str) -> String {
    match phone.trim() {
        "" => "To reach a person, reply \"person\" to this e-mail.".to_owned(),
        phone => format!("To reach a person, call {phone} or reply \"person\" to this e-mail."),
    }
}

/// How a prospect keeps us from writing again.
pub const OPT_OUT: &str = "If you would rather not get automated replies, answer with \"stop\".";

/// The product's own text where fair-housing law leaves the talking to people. Lawyers edit the files.
pub fn fair_housing(wording: Wording) -> &'static str {
    match wording {
        Wording::General => include_str!("wordings/fair_housing.general.txt"),
        Wording::Disability => include_str!("wordings/fair_housing.disability.txt"),
        Wording::Steering => include_str!("wordings/fair_housing.steering.txt"),
        Wording::SourceOfIncome => include_str!("wordings/fair_housing.source_of_income.txt"),
    }
    .trim_end()
}

fn join(parts: &[&str], between: &str) -> String {
    let parts: Vec<&str> = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_ends_with_who_wrote_it_and_how_to_opt_out() {
        let disclosure = disclosure("Oak Court", "555-0100");
        insta::assert_snapshot!(letter("Hi Ann,\n\nwe have two.\n", "Oak Court Leasing", &disclosure, OPT_OUT), @r#"
        Hi Ann,

        we have two.

        Oak Court Leasing

        This reply was written by an automated assistant of the Oak Court leasing office. To reach a person, call 555-0100 or reply "person" to this e-mail.
        If you would rather not get automated replies, answer with "stop".
        "#);
    }

    #[test]
    fn what_is_empty_leaves_no_gap() {
        assert_eq!(letter("Hi", " \n", "Robot", ""), "Hi\n\nRobot");
        assert_eq!(letter("Hi", "Oak", "", ""), "Hi\n\nOak");
        assert!(super::disclosure("", "").contains("our leasing office"));
    }

    #[test]
    fn approved_texts_are_plain_and_go_into_a_letter_as_they_are() {
        for wording in Wording::ALL {
            let text = fair_housing(wording);
            let odd = |c: char| "{}<>*_#[]".contains(c) || c.is_ascii_digit() || c == '\r';
            assert!(!text.contains(odd) && !text.contains("://"), "{text}");
            assert!((100..2000).contains(&text.chars().count()), "{text}");
            assert!(text.contains("A member of our leasing team has your message"));
            assert_eq!(text, text.trim());
        }
    }
}
