//! What is handed out of a person, and how much it would be.

use shared::store::export::{self, Period};
use shared::store::leads::{self, Sender};
use shared::store::persons;

use super::{Bench, after, noon};

#[tokio::test]
async fn sections_hold_the_persons_rows_of_the_period() {
    let bench = Bench::new().await;
    let tx = bench.tx().await;
    let ann = Sender {
        address_key: "ann@example.com",
        first_name: Some("Ann"),
        last_name: None,
        phone: None,
        source: "Email",
    };
    let lead = leads::find_or_create(&tx, bench.oak, &ann).await.unwrap();
    let talk = leads::email_conversation(&tx, bench.oak, lead)
        .await
        .unwrap();
    for minute in [0, 10] {
        let at = after(minute);
        leads::add_turn(&tx, talk, "user", "Twelve bytes", at)
            .await
            .unwrap();
    }
    let person = persons::find(&tx, bench.oak, lead).await.unwrap().unwrap();
    let mail = persons::mail(&tx, bench.oak, &person).await.unwrap();
    for (since, until, turns) in [
        (None, None, 2),
        (Some(after(10)), None, 1),
        (None, Some(after(10)), 1),
        (Some(noon()), Some(after(11)), 2),
        (Some(after(11)), None, 0),
    ] {
        let period = Period { since, until };
        let bytes = export::size(&tx, &person, &mail, period).await.unwrap();
        assert_eq!(bytes, 12 * turns, "{period:?}");
        let sections = export::sections(&tx, bench.oak, &person, &mail, period);
        let sections = sections.await.unwrap();
        let rows = |name: &str| sections[name].as_array().unwrap().len();
        assert_eq!(rows("turns"), usize::try_from(turns).unwrap(), "{period:?}");
        assert_eq!((rows("lead"), rows("conversations")), (1, 1));
    }
}
