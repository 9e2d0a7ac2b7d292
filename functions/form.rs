//! What a browser's form says (`application/x-www-form-urlencoded`).

use std::collections::HashMap;
use std::str::FromStr;

use shared::error::{Error, Result};

use crate::http::Request;

/// The largest form that is read, in bytes: working hours with 400 dates and all their windows.
const LARGEST: usize = 256 * 1024;

/// Fields by name; `None` for one that was sent twice.
#[derive(Default)]
pub struct Form(HashMap<String, Option<String>>);

impl Form {
    /// # Errors
    /// `Invalid` for a form that is too large.
    pub fn of(request: &Request) -> Result<Self> {
        if request.body().len() > LARGEST {
            return Err(Error::invalid("body", "too large"));
        }
        Ok(Self::read(request.body()))
    }

    fn read(body: &[u8]) -> Self {
        let mut fields = HashMap::new();
        for (name, value) in url::form_urlencoded::parse(body).into_owned() {
            let once = fields.entry(name);
            once.and_modify(|value| *value = None)
                .or_insert(Some(value));
        }
        Self(fields)
    }

    /// A field, trimmed, with the line ends that we store; `None` when it is absent or doubled.
    pub fn given(&self, name: &str) -> Option<String> {
        let value = self.0.get(name)?.as_ref()?;
        Some(value.replace("\r\n", "\n").trim().to_owned())
    }

    /// [`Form::given`], of which nothing counts as absent.
    pub fn text(&self, name: &str) -> Option<String> {
        self.given(name).filter(|text| !text.is_empty())
    }

    /// A number or an id, if one is given. `field` names it in the error.
    pub fn parsed<T: FromStr>(&self, name: &str, field: &'static str) -> Result<Option<T>> {
        let parse = |text: String| {
            text.parse()
                .map_err(|_| Error::invalid(field, "not acceptable"))
        };
        self.text(name).map(parse).transpose()
    }

    /// Whether a box is ticked: a browser sends nothing for one that is not.
    pub fn ticked(&self, name: &str) -> bool {
        self.text(name).is_some()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn form(body: &str) -> Form {
        Form::read(body.as_bytes())
    }

    #[test]
    fn a_field_is_trimmed_and_has_one_kind_of_line_end() {
        let form = form("body=+Hello%0D%0AAnn+&empty=+&box=on");
        assert_eq!(form.text("body").as_deref(), Some("Hello\nAnn"));
        assert_eq!(form.text("empty"), None);
        assert_eq!(form.given("empty").as_deref(), Some(""));
        assert!(form.ticked("box") && !form.ticked("other"));
    }

    #[test]
    fn a_field_that_is_sent_twice_is_none() {
        assert_eq!(form("a=1&a=2").text("a"), None);
    }

    #[test]
    fn a_number_is_read_or_refused_by_its_name() {
        let form = form("a=12&b=x");
        assert_eq!(form.parsed::<i32>("a", "buffer").unwrap(), Some(12));
        assert_eq!(form.parsed::<i32>("c", "buffer").unwrap(), None);
        let refused = form.parsed::<i32>("b", "buffer").unwrap_err();
        assert_eq!(refused.code(), "invalid_buffer");
    }
}
