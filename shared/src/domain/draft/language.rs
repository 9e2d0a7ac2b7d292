//! Is a sentence English? The checks read no other language: a price or a visit in Spanish would pass unseen.
//!
//! Words with a capital are left aside (names, places, "Hola Ann"), but where nothing else is left.

use std::collections::HashSet;

use whatlang::Lang;

use super::sentence::Sentence;

/// Letters below which a guess at the language is none.
const LETTERS_MIN: usize = 40;
/// Words from which a guess is worth something.
const WORDS_MIN: usize = 4;

/// Words that carry the grammar of English.
const ENGLISH: &str = "a about after all also an and any are as at be been before but by can could do does for \
    from had has have he her his how i if in into is it its just may me more most my no not of on one only or \
    our out per she should so some than thank thanks that the their them then there these they this those to \
    until up us was we were what when where which while who will with would yes you your please i'm i'll i've \
    we'd we'll we're we've you'd you'll you're you've it's that's there's don't doesn't isn't aren't can't";
/// Words that carry the grammar of others, and mean nothing in English.
const OTHERS: &str = "al con cuando de del desde el ella en entre es esta está este están estamos la las le les lo \
    los mi mis muy más nos nuestra nuestro nuestras nuestros para pero por porque puede pueden que qué se si sí \
    sin sobre su sus también tenemos tiene tienen una unas uno unos usted ustedes y ya gracias mucho gusto \
    au aux avec ce cette dans des du elle est et être il ils je leur mais merci ne notre nos nous ou où pas pour \
    qui sont sur très une vos votre vous \
    aber auch auf aus bei bitte das dem der dich die dir ein eine einem einen einer er für haben ich ihnen \
    ihr ihre im ist können mit nach nicht noch oder sehr sich sie sind um und uns unser unsere vom von wenn wie \
    wir wird zu zum zur \
    ao com dele ela em essa esse fica foi isso não nossa nosso os para pela pelo pode são seu sua tem temos uma \
    você vocês anche che chi della delle di dei gli grazie ha hanno il nel nella nostro più sono suo un uno";
/// What the checks would have to read: days, numbers, visits, money. One is enough.
const FACTS: &str = "lunes martes miércoles miercoles jueves viernes sábado sabado domingo mañana uno dos tres \
    cuatro cinco siete ocho nueve diez doce veinte treinta cuarenta cincuenta cien ciento doscientos trescientos \
    cuatrocientos quinientos seiscientos ochocientos novecientos mil dólares dolares euros alquiler renta gratis \
    gratuito cita visita visitar confirmada confirmado reservada reservado descuento depósito mes \
    lundi mardi mercredi jeudi vendredi samedi dimanche demain heures loyer gratuit deux trois quatre cinq \
    huit neuf dix vingt trente mille \
    montag dienstag mittwoch donnerstag freitag samstag sonntag morgen uhr miete kostenlos zwei drei vier fünf \
    sechs sieben acht neun zehn zwölf hundert tausend \
    segunda terça quarta quinta sexta amanhã aluguel dois três quatro oito nove dez \
    lunedì martedì mercoledì giovedì venerdì sabato domenica domani affitto sei sette otto dieci";

/// Words of other languages that English has taken in.
const LOANS: &str =
    "café cafés résumé décor fiancé fiancée naïve à façade entrée rosé crème piñata";

/// Whether a sentence is not English. `known`: words of the property, which are never strange.
pub fn is_foreign(sentence: &Sentence<'_>, known: &HashSet<String>) -> bool {
    let text = sentence.without_links();
    if text.contains(['¿', '¡']) || has_other_script(&text) && !is_salutation(sentence) {
        return true;
    }
    let in_list = |list: &str, word: &str| list.split_whitespace().any(|one| one == word);
    let all: Vec<String> = text
        .split(|c: char| !c.is_alphabetic() && !matches!(c, '\'' | '\u{2019}'))
        .filter(|word| word.chars().any(char::is_alphabetic))
        .map(|word| word.replace('\u{2019}', "'"))
        .collect();
    let small = |word: &&String| word.starts_with(char::is_lowercase);
    let words: Vec<&str> = all
        .iter()
        .filter(small)
        .map(String::as_str)
        .filter(|word| !known.contains(*word) && !in_list(LOANS, word))
        .collect();
    let count = |is: &dyn Fn(&str) -> bool| words.iter().filter(|word| is(word)).count();
    let is_strange = |word: &str| {
        let is_accented = word.chars().any(|c| !c.is_ascii() && c != '\'');
        in_list(OTHERS, word) && !in_list(ENGLISH, word) || is_accented
    };
    let (strange, facts) = (count(&is_strange), count(&|word| in_list(FACTS, word)));
    let english = all.iter().any(|word| {
        let word = word.to_lowercase();
        in_list(ENGLISH, &word)
    });
    facts > 0 || strange >= 2 || !english && (strange > 0 || is_detected(&text, words.len()))
}

/// Whether a text without one small word of English is of another language: a long one for certain, a short
/// one by the likeliest guess.
fn is_detected(text: &str, words: usize) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let found = whatlang::detect(text).filter(|found| found.lang() != Lang::Eng);
    found.is_some_and(|found| words >= WORDS_MIN || letters >= LETTERS_MIN && found.is_reliable())
}

/// Letters beyond those of Europe's west.
fn has_other_script(text: &str) -> bool {
    text.chars()
        .any(|c| c.is_alphabetic() && c > '\u{24F}' && !('\u{1E00}'..'\u{1F00}').contains(&c))
}

/// A line with nothing but a greeting and a name.
fn is_salutation(sentence: &Sentence<'_>) -> bool {
    const GREETINGS: [&str; 3] = ["hi", "hello", "dear"];
    let words: Vec<&str> = sentence.plain.split(' ').collect();
    words.len() <= 4 && words.first().is_some_and(|word| GREETINGS.contains(word))
}
