//! Mails and letters of both kinds, for whoever edits the lists: what must be caught, and what must pass.

use super::Topic::{self, *};
use super::inbound::topics;
use super::may_tell_of_a_trait;
use super::outbound::objections;

/// Mails that touch a topic.
const ASKED: [(Topic, &[&str]); 12] = [
    (
        Race,
        &[
            "Are you OK with Asian tenants?",
            "Somos negros, \u{bf}hay problema?",
        ],
    ),
    (
        Color,
        &["Do you mind dark skin?", "El color de piel, \u{bf}importa?"],
    ),
    (
        Religion,
        &[
            "Is there a synagogue around?",
            "Soy cat\u{f3}lica, \u{bf}hay una iglesia cerca?",
        ],
    ),
    (
        Sex,
        &[
            "Is a gay couple OK?",
            "Is non-binary on the form?",
            "Somos una pareja de lesbianas.",
        ],
    ),
    (
        NationalOrigin,
        &[
            "I am not a U.S. citizen.",
            "Do you have Spanish-speaking staff?",
            "Does anybody speak Spanish?",
            "\u{bf}Hablan espa\u{f1}ol?",
            "No tengo seguro social, soy mexicano.",
        ],
    ),
    (
        FamilialStatus,
        &[
            "My step-son stays at weekends.",
            "Is there day-care near?",
            "my 6yr old and me",
            "Tengo dos ni\u{f1}os y estoy embarazada.",
            "Somos una familia numerosa.",
        ],
    ),
    (
        Disability,
        &[
            "Is it ok for a wheel chair?",
            "wheel-chair ramp?",
            "My companion animal is a cat.",
            "I have an E.S.A.",
            "I have an E.S.A. Is there a fee?",
            "emotionalsupport dog",
            "I am dis-abled, handi capped they call it.",
            "Tengo ansiedad.",
            "Sufro de depresi\u{f3}n.",
            "Tengo c\u{e1}ncer.",
            "Mi perro de terapia es tranquilo.",
            "Uso muletas y un bast\u{f3}n.",
        ],
    ),
    (
        SourceOfIncome,
        &[
            "Do you take section8?",
            "Is sec8 ok?",
            "sec-8?",
            "SECTION  8",
            "I get S.S.I.",
            "\u{bf}Aceptan secci\u{f3}n8?",
            "Recibo un subsidio.",
        ],
    ),
    (
        MaritalStatus,
        &["We are newlyweds.", "Newly-weds here!", "No estoy casada."],
    ),
    (
        Age,
        &[
            "Is it over55?",
            "I'm 67 yrs old.",
            "Soy jubilado.",
            "Somos adultos mayores.",
        ],
    ),
    (
        VeteranStatus,
        &["I'm a vet- I mean a veteran", "Mi hijo es militar."],
    ),
    (
        Steering,
        &[
            "How is the neighborhood?",
            "How's the neighbor-hood?",
            "How's the area?",
            "How's the safety?",
            "Is the parking lot safe?",
            "Is the garage safe at night?",
            "Is there a school nearby?",
            "Any security guards?",
            "\u{bf}C\u{f3}mo es el barrio?",
            "\u{bf}Es segura la zona?",
            "\u{bf}Hay un colegio cerca?",
        ],
    ),
];

/// Mails that touch none.
const ORDINARY: [&str; 18] = [
    "Is there a fitness center, and a family room?",
    "How big is the master bedroom?",
    "Is it within walking distance to the park?",
    "How much is the security deposit? Is the fee $50 per person?",
    "May I have up to two pets?",
    "As Ian said, I am flexible.",
    "For the past or the next month?",
    "Is it in the main building? Have you got it in white?",
    "It takes 8 weeks until my lease ends.",
    "I have a couple of questions, and stay a couple of days.",
    "I start law school in the fall, and live at 8 Old School Road.",
    "Have a safe weekend! Safe travels.",
    "I have a gun safe. Is the fire safety inspection done?",
    "Is the neighborhood pool heated?",
    "Can I pay safely online?",
    "\u{bf}Est\u{e1} disponible esa unidad? \u{bf}Cu\u{e1}nto es el dep\u{f3}sito de seguridad?",
    "\u{bf}Aceptan mascotas? Tengo dos gatos y un carro.",
    "\u{bf}Necesito seguro de inquilino para esas fechas?",
];

/// Letters that no landlord may send.
const HELD: [(&str, &[&str]); 6] = [
    (
        "fair_housing_preference",
        &[
            "This one-bedroom is perfect for a couple.",
            "It is ideal for professionals.",
            "It is great for newlyweds and retired couples.",
            "The studio is best suited to a student.",
            "It is geared toward young professionals.",
            "Designed for busy families.",
            "It is perfect for one person.",
            "Es ideal para una pareja joven.",
            "Perfecto para estudiantes.",
        ],
    ),
    (
        "fair_housing_steering",
        &[
            "It is an upscale neighborhood.",
            "The area is safer than most.",
            "It is close to a school.",
            "Es un barrio seguro.",
        ],
    ),
    (
        "fair_housing_residents",
        &[
            "You would fit in well.",
            "You'll find that you fit right in here.",
        ],
    ),
    (
        "fair_housing_occupancy",
        &[
            "Up to two people.",
            "Two people per bedroom.",
            "The studio sleeps two.",
        ],
    ),
    (
        "fair_housing_income",
        &["We accept section8.", "No sec8, sorry."],
    ),
    (
        "fair_housing_protected_class",
        &[
            "The door fits a wheel chair.",
            "Our staff is Spanish-speaking.",
        ],
    ),
];

/// Letters that are sent.
const SENT: [&str; 19] = [
    "You'll have access to our fitness center with your key fob.",
    "You can use the fitness room here, and bring a friend with you.",
    "Residents may keep up to two pets.",
    "Parking is $60 per month for residents.",
    "The application fee is $50 per person.",
    "Guests can park up to 2 hours.",
    "The two-bedroom has a family room and a master bedroom.",
    "It is within walking distance to the park.",
    "The security deposit is $300. Our single-family homes have a yard.",
    "Each resident may bring up to two guests to the pool.",
    "The clubhouse holds up to 40 people.",
    "It is great for working from home and perfect for a couple of bikes.",
    "The patio is ideal for grilling, and the closet is designed for storage.",
    "We will find the floor plan that is right for you.",
    "The neighborhood has a market and two cafes.",
    "You can pay safely online.",
    "A couple of homes are free. Two people in our office can show them.",
    "El dep\u{f3}sito de seguridad es de $300, y se aceptan dos mascotas.",
    "The washer and dryer fit in the closet, and you can see both here.",
];

#[test]
fn what_the_law_protects_is_caught_in_mails() {
    for (topic, mails) in ASKED {
        for mail in mails {
            let found = topics(mail, "Oak Court", &Topic::LOCAL);
            assert!(found.contains(&topic), "{mail}: {found:?}");
        }
    }
}

#[test]
fn ordinary_mails_pass() {
    for mail in ORDINARY {
        assert_eq!(topics(mail, "Oak Court", &Topic::LOCAL), [], "{mail}");
    }
}

#[test]
fn what_no_landlord_may_say_is_caught_in_letters() {
    for (code, letters) in HELD {
        for letter in letters {
            let codes = objections(letter, "Oak Court", &[]);
            assert!(codes.contains(&code), "{letter}: {codes:?}");
        }
    }
}

#[test]
fn ordinary_letters_pass() {
    for letter in SENT {
        assert_eq!(objections(letter, "Oak Court", &[]), [""; 0], "{letter}");
    }
}

#[test]
fn what_tells_of_somebody_is_not_stored_and_ordinary_wishes_are() {
    for wish in [
        "accepts section8",
        "takes sec8",
        "room for a wheel chair",
        "spanish-speaking staff",
        "near a day-care",
        "my E.S.A.",
        "cerca de una escuela para mis ni\u{f1}os",
    ] {
        assert!(may_tell_of_a_trait(wish), "{wish}");
    }
    for wish in [
        "in-unit laundry",
        "fitness center",
        "walk-in closet",
        "a couple of parking spots",
        "near the park",
        "hardwood floors",
        "high ceilings",
        "two cats",
    ] {
        assert!(!may_tell_of_a_trait(wish), "{wish}");
    }
}
