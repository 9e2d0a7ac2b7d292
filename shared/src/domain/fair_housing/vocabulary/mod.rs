//! The lists that stand beside this file, read once. Their README says how they are written.

use std::sync::LazyLock;

use super::Topic;
use super::words::Term;

/// The terms of one topic.
pub struct Terms {
    pub topic: Topic,
    /// What tells of the topic wherever it stands.
    pub plain: Vec<Term>,
    /// What may tell of it: enough to store nothing, too little to ask a person.
    pub doubtful: Vec<Term>,
}

macro_rules! list {
    ($name:literal) => {
        include_str!(concat!($name, ".txt"))
    };
}

/// Who somebody is: what the law protects, topic by topic.
pub static TRAITS: LazyLock<Vec<Terms>> = LazyLock::new(|| {
    vec![
        terms(Topic::Race, list!("race")),
        terms(Topic::Color, list!("color")),
        terms(Topic::Religion, list!("religion")),
        terms(Topic::Sex, list!("sex")),
        terms(Topic::NationalOrigin, list!("national_origin")),
        terms(Topic::FamilialStatus, list!("familial_status")),
        terms(Topic::Disability, list!("disability")),
        terms(Topic::Disability, list!("assistance_animal")),
        terms(Topic::SourceOfIncome, list!("source_of_income")),
        terms(Topic::MaritalStatus, list!("marital_status")),
        terms(Topic::Age, list!("age")),
        terms(Topic::VeteranStatus, list!("veteran_status")),
    ]
});

pub static STEERING: LazyLock<Terms> = LazyLock::new(|| terms(Topic::Steering, list!("steering")));

/// What makes an animal no pet.
pub static ASSISTANCE: LazyLock<Vec<Term>> =
    LazyLock::new(|| terms(Topic::Disability, list!("assistance_animal")).plain);

/// What is taken out before anything is looked for.
pub static INNOCENT: LazyLock<Vec<Term>> =
    LazyLock::new(|| terms(Topic::Steering, list!("innocent")).plain);

/// What a letter must not say, by the name of its kind.
pub static DENIED: LazyLock<Vec<(&'static str, Vec<Term>)>> = LazyLock::new(|| {
    let kinds = lines(list!("denied")).filter_map(|line| line.split_once(':'));
    kinds.map(|(kind, line)| (kind, split(line))).collect()
});

/// The words of praise, and the persons whom it must not be for.
pub static MADE_FOR: LazyLock<(Vec<Term>, Vec<Term>)> = LazyLock::new(|| {
    let of_kind = |wanted: &str| {
        let kinds = lines(list!("made_for")).filter_map(|line| line.split_once(':'));
        let wanted = kinds.filter(|(kind, _)| *kind == wanted);
        wanted.flat_map(|(_, line)| split(line)).collect()
    };
    (of_kind("praise"), of_kind("persons"))
});

fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    let lines = list.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn split(line: &str) -> Vec<Term> {
    line.split(',').map(Term::of).collect()
}

fn terms(topic: Topic, list: &'static str) -> Terms {
    let (mut plain, mut doubtful) = (Vec::new(), Vec::new());
    for line in lines(list) {
        match line.strip_prefix('?') {
            Some(line) => doubtful.extend(split(line)),
            None => plain.extend(split(line)),
        }
    }
    Terms {
        topic,
        plain,
        doubtful,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_can_be_read() {
        let empty = |term: &Term| *term == Term::of("");
        for terms in TRAITS.iter().chain([&*STEERING]) {
            assert!(!terms.plain.is_empty(), "{:?}", terms.topic);
            let all = terms.plain.iter().chain(&terms.doubtful);
            assert!(
                !all.into_iter().any(empty),
                "{:?}: a comma too many",
                terms.topic
            );
        }
        assert!(!INNOCENT.iter().chain(&*ASSISTANCE).any(empty));
        let (praise, persons) = &*MADE_FOR;
        assert!(!praise.is_empty() && !persons.is_empty());
        assert!(!praise.iter().chain(persons).any(empty));
        assert_eq!(DENIED.len(), 6);
        for (kind, terms) in DENIED.iter() {
            assert!(!terms.iter().any(empty), "{kind}: a comma too many");
        }
    }
}
