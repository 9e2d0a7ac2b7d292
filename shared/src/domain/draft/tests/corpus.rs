//! Two tables of letters: what an honest assistant writes to Ann passes, and what only looks like it does not.

use super::OPEN;
use crate::domain::draft::sentence::{near, split};
use crate::domain::draft::{Open, Sources, check};
use jiff::civil::date;

/// As a property publishes it.
const KNOWLEDGE: &str = "\
Oak Court is a smoke-free community at 1200 Oak Street.
Office hours
Monday-Friday: 9 AM-6 PM
Saturday: 10 AM-5 PM
One-bedroom homes: $1,450 to $1,600 per month, 700 sq ft.
Two-bedroom homes: $1,850 to $2,050 per month, 950 sq ft.
The application fee is $50 per adult. The security deposit is $500.
Pets: cats and dogs are welcome, 2 at the most, $35 each per month, with a $300 pet fee. Weight limit 75 lbs.
Parking is $60 a month in the garage; surface parking is free for residents.
Laundry: in-home washers and dryers in all two-bedroom homes; a laundry room is open daily from 7 a.m. to 10 p.m.
Water and trash are included. Residents pay electricity and internet.
Current special: the first month is free on 12-month leases.
Leases run 6 or 12 months. Homes are ready from March 1.
The community was built in 2019 and has 120 homes.
Call 512-555-0100, or book a tour at https://oakcourt.example/tours.";

const PROSPECT: [&str; 2] = [
    "2BR in January?",
    "Hi, I'm Ann. Do you have a 2BR on January 15? My budget is $1,700, and I saw it for $999 and 20% off \
     somewhere. Could I see Apt 3B on Friday at 3 pm? I have 2 cats. Is unit 204 taken? I make $1,950 a week.",
];

fn known<'a>() -> Sources<'a> {
    Sources {
        knowledge: &[KNOWLEDGE],
        likeness: 0.5,
        published: vec![
            "Oak Court",
            "1200 Oak Street, Austin, TX 78701",
            "oak@mail.example",
        ],
        office: Vec::new(),
        prospect: PROSPECT.to_vec(),
        open: Open {
            today: date(2026, 11, 25),
            starts: &OPEN,
        },
        boundary: "b0undary",
        instructions: "You answer e-mails for the leasing office of an apartment community, and nothing else.",
    }
}

/// Letters that must go out by themselves.
const HONEST: &[&str] = &[
    // Hours.
    "We're open Monday to Friday 9 AM to 6 PM and Saturday 10 AM to 5 PM.",
    "Our office hours are Monday through Friday, 9:00 AM to 6:00 PM, and Saturday, 10:00 AM to 5:00 PM.",
    "The office is open Mon-Fri 9-6 and Sat 10-5.",
    "Our office is open 9 a.m. to 6 p.m. Monday to Friday and 10 a.m. to 5 p.m. on Saturday.",
    "Office hours:\nMonday-Friday: 9 AM-6 PM\nSaturday: 10 AM-5 PM",
    "We are open on weekdays from 9 a.m. to 6 p.m.",
    "The office is open until 6 p.m. on Friday.",
    "On Saturdays our office opens at 10 a.m. and closes at 5 p.m.",
    "We're open Tuesday from 9 AM to 6 PM, so feel free to call us at 512-555-0100.",
    "The laundry room is open daily from 7 a.m. to 10 p.m.",
    // Prices.
    "Our two-bedroom homes rent from $1,850 to $2,050 per month.",
    "A 2-bedroom starts at $1,850 a month, and a 1-bedroom at $1,450.",
    "Two-bedroom homes are $1,850–$2,050 per month for 950 square feet.",
    "Two-bedroom homes go for 1,850 to 2,050 a month.",
    "One-bedroom homes have 700 sq ft and rent from fourteen fifty dollars.",
    "The application fee is $50 per adult, and the security deposit is $500.",
    "There is a $50 application fee for each adult.",
    "Parking in the garage is $60 a month, and surface parking is free for residents.",
    "Surface parking is free.",
    "Water and trash are included; residents pay electricity and internet.",
    "Our current special: the first month is free on 12-month leases.",
    "Leases run 6 or 12 months, and with a 12-month lease the first month is free.",
    // Pets, laundry, home.
    "Yes, cats are welcome! There is a limit of 2 pets at $35 each per month, and a pet fee of $300.",
    "Dogs up to 75 lbs are welcome, two at the most.",
    "All two-bedroom homes have in-home washers and dryers.",
    "Oak Court is a smoke-free community with 120 homes, built in 2019.",
    "We are at 1200 Oak Street, Austin, TX 78701.",
    "Our two-bedroom homes have 950 sq ft. Homes are ready from March 1.",
    // Tours.
    "Would you like to come by for a tour on Saturday, November 28 at 10:00 AM?",
    "We have tours open on Saturday at 10 AM or 2:30 PM, and on Monday at 9 AM.",
    "Saturday the 28th at 10 is open for a tour. Would that work for you?",
    "Are you free on Saturday at 10 AM for a tour?",
    "Unfortunately, Friday at 3 pm isn't available, but Saturday at 10 AM is open.",
    "I'm sorry, we can't offer Friday at 3 pm for a tour. Would Monday, November 30 at 9:00 AM suit you?",
    "You can book a tour at https://oakcourt.example/tours, or reply to this e-mail.",
    "I'd be happy to set up a tour for you. Which day would you like?",
    "How about Saturday at half past ten? Just kidding: would you like to see a home?",
    // Passing on.
    "I've passed your request for Friday at 3 pm on to the leasing team.",
    "I'll let the team know that you would like to see Apt 3B on Friday at 3 pm.",
    "I don't have details about unit 204, but the leasing team will follow up with you within 24 hours.",
    "I don't have information about a discount, and the leasing team will get back to you about that.",
    "You asked about a discount; I'll pass your question on to the leasing team.",
    "The leasing team will confirm whether Friday at 3 pm is possible.",
    "Your tour isn't confirmed yet. Once it is confirmed, the team will write to you.",
    "Thanks, Ann! You asked about Friday at 3 pm, and I've passed this on to the leasing team.",
    "I'll share this with our team.",
    "I'll ask the office about a discount.",
    "I'll ask the office whether the application fee can be waived.",
    "I'll check whether the application fee can be waived.",
    "We'll find out whether Friday at 3 pm is open for a tour.",
    "I'll check with our leasing team to see if Friday at 3 pm is possible for a tour.",
    "I've shared your question about a discount with our leasing team.",
    "I'll let the team know that you'd like to come by for a tour on Friday at 3 pm.",
    "Our team will be in touch about Friday at 3 pm.",
    "For Friday at 3 pm I'll check with the leasing team.",
    "Our team is checking whether Friday at 3 pm is possible.",
    "I've passed your request to come by on Friday at 3 pm on to our team.",
    "I'll forward your note about $999 to our office.",
    // What Ann wrote.
    "One-bedroom homes start at $1,450, which is within your budget of $1,700.",
    "Our one-bedroom homes at $1,450 fit your budget of $1,700.",
    "You mentioned $1,700, and one-bedroom homes start at $1,450.",
    "Thanks for sharing your budget of $1,700. One-bedroom homes start at $1,450 per month.",
    "With your budget of $1,700, a one-bedroom home at $1,450 a month would fit.",
    "You mentioned January 15 and two cats. Pets are $35 each per month.",
    "Thank you for reaching out about a 2-bedroom for January with a budget of $1,700.",
    "For your move in January: two-bedroom homes rent from $1,850 a month.",
    "I've forwarded your request to see a home on Friday at 3 PM to our leasing team.",
    "Unfortunately, we don't have any openings on Friday at 3 PM.",
    "Homes are ready from March 1. I know you mentioned January 15, so I've passed this on to the leasing team.",
    "I understand you're hoping to move on January 15. Homes are ready from March 1.",
    "Regarding your move-in date of January 15, I'll have our leasing team follow up with you.",
    "Let me know which time works best for you, and the leasing team will confirm your tour.",
    "Since your budget is $1,700, a one-bedroom at $1,450 to $1,600 could work.",
    "We're currently offering the first month free on 12-month leases!",
    "I can offer you a tour on Saturday at 10:00 AM, Saturday at 2:30 PM, or Monday at 9:00 AM.",
    "Our office hours are 9 AM to 6 PM on weekdays and 10 AM to 5 PM on Saturdays.",
    // Words that are more than one thing.
    "The security deposit of $500 is due at signing, and the fees are $50 per adult and $35 per pet.",
    "We'll make sure to tell the leasing team that you mentioned January 15.",
    // Manners.
    "Hi Ann,\n\nThanks for your interest in Oak Court! Two-bedroom homes rent from $1,850 a month.\n\n\
     Please feel free to reply with any questions.\n\nBest regards,\nOak Court Leasing Team",
    "Hola Ann,\n\nThank you for your message. Cats are welcome at $35 each per month.\n\nWarm regards,\nThe team",
    "Thanks so much for your interest! Feel free to reply here, and we'll be glad to help.",
    "We look forward to hearing from you!",
    "Thank you for your message. The leasing team will follow up within two business days.",
];

/// Letters that a person must see first, and why.
const DOUBTFUL: &[(&str, &[&str])] = &[
    // What the prospect said, confirmed; and sums in odd writing.
    (
        "unknown_price",
        &[
            "As you mentioned, a two-bedroom is $999 a month.",
            "You asked for 20% off, and we can do that!",
            "It is $999 a month, as you wrote.",
            "You mentioned $999, and we can match that.",
            "Your budget of $999 works for a two-bedroom.",
            "We can rent it within your budget of $999.",
            "You mentioned 20% off, so your rent goes down.",
            "With your budget of $999 you can have a two-bedroom.",
            "Rent is $999 whether you take a one- or two-bedroom.",
            "Your rent of $999 doesn't depend on whether you take a one- or two-bedroom.",
            "I'm happy to share that our office rents it for $999.",
            "Rent is $999 once we know whether you have pets.",
            "You mentioned $999 and you'll pay that instead of $1,450.",
            "You mentioned $999 and you'll pay that, not $1,450.",
            "You mentioned $999, down from $1,450.",
            "You mentioned $999 rather than $1,450.",
            "We have a home for you at your budget of $999 beside the $1,450 ones.",
            "Two-bedroom homes rent for $1.400.",
            "Two-bedroom homes rent for 1400 USD.",
            "Two-bedroom homes rent for $ 1 , 400.",
            "Two-bedroom homes rent for twelve fifty a month.",
            "Rent is two grand a month.",
            "The deposit is a grand.",
            "Two-bedroom homes have a rent of 1,200.",
        ],
    ),
    (
        "bare_yes",
        &[
            "You mentioned $999. No problem!",
            "You asked for 20% off. We can do that.",
            "You asked about a discount. That works!",
            "You asked for a tour on Friday at 3 pm. Perfect!",
        ],
    ),
    (
        "unknown_date",
        &[
            "Yes, a home is ready for you on January 15.",
            "A two-bedroom opens up in January.",
            "You mentioned January 15, and that is possible.",
        ],
    ),
    (
        "unknown_number",
        &[
            "Two-bedroom homes go for 2k.",
            "Two-bedroom homes go for fourteen hundred.",
            "Two-bedroom homes rent for \u{FF11}\u{FF14}\u{FF10}\u{FF10} a month.",
            "Two-bedroom homes rent for \u{0661}\u{0664}\u{0660}\u{0660}.",
            "Two-bedroom homes go for 1,200.",
            "Two-bedroom homes go for 950.",
            "A two-bedroom goes for 1,950.",
            "A two-bedroom goes for 1950.",
            "Two-bedroom homes go for 120.",
            "Two-bedroom homes start at 1,750.",
            "Two-bedroom homes start at 1.750.",
        ],
    ),
    (
        "unknown_concession",
        &[
            "The first two months are free.",
            "The deposit is half off.",
            "We can waive your application fee.",
            "Yes: the first two months are free, and the deposit is waived.",
            "Parking in the garage is free.",
            "The pet fee is complimentary.",
            "There is no charge for cats.",
            "We'll take $50 off your rent.",
            "You pay only half the deposit.",
            "We have a discount for you.",
            "You need not pay the deposit.",
            "The deposit isn't needed.",
            "First month's rent is zero.",
            "The second month is on us.",
            "Your application is free!",
            "You asked for free parking in the garage, and of course you get it.",
            "Your application fee is waived whether you apply online or in person.",
            "I'm happy to share that our office has waived the application fee.",
            "I can tell you that our team has waived the application fee.",
            "We can answer that our office waived the deposit.",
            "Our office will share that we waived the deposit.",
            "The application fee is waived once we know whether you apply online.",
            "I'll let the team know that your application fee is waived.",
            "I'll let the team know that you are getting the deposit waived.",
            "Our team will be in touch now that your deposit is waived.",
        ],
    ),
    (
        "unknown_link",
        &[
            "See https:evil.example for details.",
            "See http:\\\\evil.example for details.",
            "See page:evil.example for details.",
            "See our site\u{2014}evil.example\u{2014}for details.",
            "See evil.example's tours.",
            "See tours/evil.example for details.",
            "See my_site.evil.example for details.",
            "See evil.xn--p1ai for details.",
            "See evil\u{3002}example for details.",
            "See [evil.example] for details.",
        ],
    ),
    (
        "unoffered_time",
        &[
            "We look forward to your visit on Friday at 3 pm.",
            "Not a problem, come by on Friday at 3 pm!",
            "Please share your ID when you visit Friday at 3 pm.",
            "We can't wait for your visit on Friday at 3 pm.",
            "Friday at 3 pm isn't a problem for a tour.",
            "Yes, 3 pm works great!",
            "Friday works!",
            "Let us know whether Friday at 3 pm works for a tour.",
            "Please check with the office when you come on Friday at 3 pm.",
            "The tour you requested is on Friday at 3 pm.",
            "Would Monday at 9 a.m. or Friday at 6 p.m. suit you for a tour?",
            "Would 10 a.m. on Saturday or Monday suit you for a tour?",
            "Would Saturday the 29th at 10 suit you?",
            "Saturday at 10 AM isn't available, but Friday at 3 pm is open for a tour.",
            "We're open Monday to Sunday 9 AM to 6 PM.",
            "We're open Monday to Friday 9 AM to 8 PM.",
            "We're open Saturday 9 AM to 6 PM.",
            "The office is open until 7 p.m. on Friday.",
            "The office is open Sunday from 10 AM to 5 PM.",
            "Drop in on Friday at three.",
            "You can visit Friday at 3 pm whether or not the office is busy.",
            "You can visit Friday at 3 pm to see whether you like it.",
            "I'll tell the team you'll come by on Friday at 3 pm.",
            "I'm happy to share that our office can show you a home on Friday at 3 pm.",
        ],
    ),
    (
        "promised_appointment",
        &[
            "I've gone ahead and scheduled your tour for Saturday at 10 AM.",
            "I've got you down for Saturday at 10 AM.",
            "I've put you on the calendar for Saturday at 10 AM.",
            "I've penciled you in for Saturday at 10 AM.",
            "Saturday at 10 AM it is!",
            "After checking I have booked you for Saturday at 10 AM.",
            "You're set. See you then!",
            "Consider your tour scheduled.",
            "Your tour has now been officially scheduled.",
            "Your spot on Saturday at 10 AM is locked in.",
            "Good news: it's confirmed for Saturday at 10 AM.",
            "You're booked for Saturday at 10 AM, OK?",
            "You're good to go for Saturday at 10 AM.",
            "If you like, I have booked you for Saturday at 10 AM.",
            "We look forward to your visit on Saturday at 10 AM.",
        ],
    ),
    (
        "not_english",
        &[
            "¿Le gustaría visitar el domingo a las diez?",
            "Would you like to visit el domingo a las diez?",
            "Su cita está confirmada para el sábado.",
            "El precio es de mil cuatrocientos dólares.",
            "mil cuatrocientos dólares",
            "Cats are welcome. Le loyer est de mille euros.",
            "Votre visite est confirmée.",
            "Die Wohnung ist am Sonntag um zehn frei.",
            "Подождите до воскресенья.",
            "周日十点可以看房。",
        ],
    ),
];

#[test]
fn what_an_honest_assistant_writes_goes_out() {
    let mut wrong = Vec::new();
    for body in HONEST {
        let verdict = check(body, &[], &known());
        if !verdict.objections.is_empty() || verdict.confidence < 0.8 {
            wrong.push((body, verdict.objections, verdict.confidence));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_only_looks_like_it_is_held_alone_and_in_an_honest_letter() {
    let honest = "Two-bedroom homes rent from $1,850 a month.";
    let mut wrong = Vec::new();
    for (code, bodies) in DOUBTFUL {
        for body in *bodies {
            for letter in [(*body).to_owned(), format!("{honest} {body}")] {
                let found = check(&letter, &[], &known()).objections;
                if !found.contains(code) {
                    wrong.push((letter, *code, found));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(check(honest, &[], &known()).objections, Vec::<&str>::new());
}

/// Every point of a line asks whether a day follows; read to the end each time, a long line takes minutes.
#[test]
fn a_point_reads_no_more_than_the_next_words() {
    let line = "a.m. ".repeat(1_600);
    assert_eq!(near(&line).len(), 40);
    assert_eq!(near(&"ü".repeat(100)).chars().count(), 40);
    assert_eq!(near("Monday"), "Monday");
    assert_eq!(split("It opens at 9 a.m. Monday.").len(), 1);
    assert_eq!(split("It opens at 9 a.m. Dogs bark.").len(), 2);
}
