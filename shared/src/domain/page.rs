//! Long lists, one page at a time.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The place in a list after one of its rows: rows that come or go meanwhile do not move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub at: DateTime<Utc>,
    pub id: Uuid,
}

/// Opaque to callers; safe in a URL.
impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at.timestamp_micros(), self.id.simple())
    }
}

/// A text that is not one of our cursors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (micros, id) = text.rsplit_once('-').ok_or(NotACursor)?;
        let micros = micros.parse().map_err(|_| NotACursor)?;
        let at = DateTime::from_timestamp_micros(micros).ok_or(NotACursor)?;
        Ok(Self {
            at,
            id: id.parse().map_err(|_| NotACursor)?,
        })
    }
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub after: Option<Cursor>,
    /// Rows: 1 to [`Page::MOST`].
    pub limit: u32,
}

impl Page {
    pub const USUAL: u32 = 25;
    pub const MOST: u32 = 100;

    /// Rows to ask the database for: one more than wanted says whether there is a next page.
    pub fn probe(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Makes a page of what [`Page::probe`] brought.
    pub fn cut<T>(&self, mut rows: Vec<T>, place: impl Fn(&T) -> Cursor) -> Listed<T> {
        let limit = self.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(place);
        Listed { items: rows, next }
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// Where the next page starts, if there is one.
    pub next: Option<Cursor>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_the_trip_to_the_caller() {
        for micros in [0, 1_772_000_000_123_456, -5] {
            let at = DateTime::from_timestamp_micros(micros).unwrap();
            let cursor = Cursor {
                at,
                id: Uuid::from_u128(7),
            };
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }

    #[test]
    fn what_is_not_ours_is_no_cursor() {
        for text in [
            "",
            "-",
            "zz-7",
            "1-",
            "7fffffffffffffff-00000000000000000000000000000007",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(NotACursor), "{text}");
        }
    }

    #[test]
    fn the_last_page_names_no_next_one() {
        let page = Page {
            after: None,
            limit: 2,
        };
        let place = |n: &u128| Cursor {
            at: DateTime::default(),
            id: Uuid::from_u128(*n),
        };
        assert_eq!(page.cut(vec![1, 2], place).next, None);
        let cut = page.cut(vec![1, 2, 3], place);
        assert_eq!((cut.items.len(), cut.next), (2, Some(place(&2))));
        assert_eq!(page.cut(vec![], place).next, None);
    }
}
