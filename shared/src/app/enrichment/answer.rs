//! What the model answers, and what of it is believed.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::interest::evidence::{self, Found, Words};
use crate::domain::interest::value::{self, Budget, Parking, Urgency};
use crate::domain::interest::{EVERYTHING, Interest, Kind, Source, protected};
use crate::mail;
use crate::store::enrichment::Exchange;

/// Values of one list: who lists more does not read but recite.
const ITEMS_MAX: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    amenities: Vec<Named>,
    floorplans: Vec<Named>,
    budget: Option<Priced>,
    move_in: Option<Dated>,
    pets: Vec<Named>,
    parking: Option<Parked>,
    special_requirements: Vec<Named>,
    urgency: Option<Named>,
    retracted: Vec<Retracted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    value: String,
    evidence: String,
    confidence: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Priced {
    min: Option<f64>,
    max: Option<f64>,
    evidence: String,
    confidence: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dated {
    date: String,
    evidence: String,
    confidence: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parked {
    needed: bool,
    r#type: Option<String>,
    evidence: String,
    confidence: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retracted {
    field: Field,
    value: Option<String>,
    evidence: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Field {
    Amenities,
    Floorplans,
    Budget,
    MoveIn,
    Pets,
    Parking,
    SpecialRequirements,
    Urgency,
}

impl From<Field> for Kind {
    fn from(field: Field) -> Self {
        match field {
            Field::Amenities => Self::Amenity,
            Field::Floorplans => Self::Floorplan,
            Field::Budget => Self::Budget,
            Field::MoveIn => Self::MoveInDate,
            Field::Pets => Self::Pets,
            Field::Parking => Self::Parking,
            Field::SpecialRequirements => Self::SpecialRequirement,
            Field::Urgency => Self::Urgency,
        }
    }
}

/// The statements that the prospect's own words bear out. `None`: this is not what was asked for, and
/// nothing in it is believed.
pub fn read(answer: Value, exchange: &Exchange, today: NaiveDate) -> Option<Vec<Interest>> {
    let answer: Answer = serde_json::from_value(answer).ok()?;
    let lists = [
        answer.amenities.len(),
        answer.floorplans.len(),
        answer.pets.len(),
        answer.special_requirements.len(),
        answer.retracted.len(),
    ];
    if lists.into_iter().any(|length| length > ITEMS_MAX) {
        return None;
    }
    let reader = Reader::of(exchange, today);
    let mut found = Vec::new();
    for (kind, list, canonical) in [
        (
            Kind::Amenity,
            answer.amenities,
            value::phrase as fn(&str) -> Option<String>,
        ),
        (Kind::Floorplan, answer.floorplans, value::floorplan),
        (Kind::Pets, answer.pets, value::phrase),
        (
            Kind::SpecialRequirement,
            answer.special_requirements,
            value::requirement,
        ),
    ] {
        found.extend(
            list.into_iter()
                .filter_map(|item| reader.named(kind, &item, canonical)),
        );
    }
    found.extend(answer.budget.and_then(|item| reader.budget(&item)));
    found.extend(answer.move_in.and_then(|item| reader.move_in(&item)));
    found.extend(answer.parking.and_then(|item| reader.parking(&item)));
    found.extend(answer.urgency.and_then(|item| reader.urgency(&item)));
    found.extend(
        answer
            .retracted
            .into_iter()
            .filter_map(|item| reader.retracted(item)),
    );
    found.extend(reader.no_pet_at_all());
    Some(found)
}

/// The prospect's own messages, against which everything is held.
struct Reader {
    said: Vec<Words>,
    source: Source,
    today: NaiveDate,
    /// When an assistance animal was spoken of: no animal of this conversation is a pet.
    assistance: Option<DateTime<Utc>>,
}

impl Reader {
    fn of(exchange: &Exchange, today: NaiveDate) -> Self {
        let said: Vec<Words> = exchange
            .turns
            .iter()
            .filter(|turn| turn.by_prospect)
            .map(|turn| Words {
                message: turn.id,
                at: turn.at,
                text: mail::visible(&turn.text),
            })
            .collect();
        let assistance = said
            .iter()
            .rfind(|words| protected::tells_of_an_assistance_animal(&words.text))
            .map(|words| words.at);
        Self {
            said,
            source: if exchange.is_email {
                Source::Email
            } else {
                Source::Chat
            },
            today,
            assistance,
        }
    }

    fn named(
        &self,
        kind: Kind,
        item: &Named,
        canonical: fn(&str) -> Option<String>,
    ) -> Option<Interest> {
        if kind == Kind::Pets && self.assistance.is_some() {
            return None;
        }
        let value = canonical(&item.value)?;
        let found = self.found(kind, &value, &item.evidence)?;
        let speaks_of = match kind {
            Kind::Floorplan => evidence::supports_rooms,
            // A word of a pet's may be said of anything: "small".
            Kind::Pets => evidence::states,
            _ => evidence::supports,
        };
        speaks_of(found.text, &value).then(|| self.interest(kind, value, found, item.confidence))
    }

    fn budget(&self, item: &Priced) -> Option<Interest> {
        let value = Budget::new(item.min, item.max)?.to_string();
        let found = self.found(Kind::Budget, &value, &item.evidence)?;
        evidence::supports_amounts(found.text, &value)
            .then(|| self.interest(Kind::Budget, value, found, item.confidence))
    }

    fn move_in(&self, item: &Dated) -> Option<Interest> {
        let date = value::date(&item.date)?;
        let found = self.found(Kind::MoveInDate, "", &item.evidence)?;
        let believed = evidence::is_sensible_move(date, self.today)
            && evidence::supports_date(found.text, date, found.words.at.date_naive());
        believed.then(|| self.interest(Kind::MoveInDate, date.to_string(), found, item.confidence))
    }

    fn parking(&self, item: &Parked) -> Option<Interest> {
        let kind = item.r#type.as_deref().and_then(value::phrase);
        let found = self.found(
            Kind::Parking,
            kind.as_deref().unwrap_or_default(),
            &item.evidence,
        )?;
        let parking = Parking {
            needed: item.needed,
            kind: kind.filter(|kind| evidence::supports(found.text, kind)),
        };
        evidence::supports_parking(found.text, item.needed)
            .then(|| self.interest(Kind::Parking, parking.to_string(), found, item.confidence))
    }

    fn urgency(&self, item: &Named) -> Option<Interest> {
        let level = Urgency::parse(&item.value)?;
        let value = level.as_str().to_owned();
        let found = self.found(Kind::Urgency, &value, &item.evidence)?;
        evidence::supports_urgency(found.text, level)
            .then(|| self.interest(Kind::Urgency, value, found, item.confidence))
    }

    fn retracted(&self, item: Retracted) -> Option<Interest> {
        let kind = Kind::from(item.field);
        let value = match item.value {
            Some(value) if !kind.is_single() => value::requirement(&value)?,
            _ => EVERYTHING.to_owned(),
        };
        let found = self.found(kind, &value, &item.evidence)?;
        if !evidence::takes_back(found.text) {
            return None;
        }
        if value == EVERYTHING {
            return Some(self.nothing(kind, found.words.at));
        }
        evidence::supports(found.text, &value).then(|| Interest {
            retracted_at: Some(found.words.at),
            ..self.interest(kind, value, found, 1.0)
        })
    }

    /// What was taken for a pet before an assistance animal was spoken of is none.
    fn no_pet_at_all(&self) -> Option<Interest> {
        self.assistance.map(|at| self.nothing(Kind::Pets, at))
    }

    /// All of a kind is taken back. The row keeps no words and names no message, whatever the reason: that pets are
    /// none because one is an assistance animal is not to be told from "we have no pets".
    fn nothing(&self, kind: Kind, at: DateTime<Utc>) -> Interest {
        Interest {
            kind,
            value: EVERYTHING.to_owned(),
            confidence: 1.0,
            source: self.source,
            evidence: Some(String::new()),
            message: None,
            said_at: Some(at),
            retracted_at: Some(at),
        }
    }

    /// The quotation in the prospect's words, unless it or what surrounds it tells who they are.
    fn found(&self, kind: Kind, value: &str, quote: &str) -> Option<Found<'_>> {
        let found = evidence::find(quote, &self.said)?;
        let around = match kind {
            // What a home must have is told with its reason.
            Kind::SpecialRequirement => found.words.text.as_str(),
            Kind::Amenity | Kind::Pets | Kind::Parking | Kind::Budget => {
                evidence::sentence(&found.words.text, quote)
            }
            Kind::Floorplan | Kind::MoveInDate | Kind::Urgency => found.text,
        };
        let tells = [value, found.text, around]
            .into_iter()
            .any(protected::tells_of_a_trait);
        (!tells).then_some(found)
    }

    fn interest(&self, kind: Kind, value: String, found: Found<'_>, confidence: f64) -> Interest {
        Interest {
            kind,
            value,
            confidence: confidence.clamp(0.0, 1.0),
            source: self.source,
            evidence: Some(found.text.to_owned()),
            message: Some(found.words.message),
            said_at: Some(found.words.at),
            retracted_at: None,
        }
    }
}
