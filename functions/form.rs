//! What a browser's form says (`application/x-www-form-urlencoded`).

use std::str::FromStr;

use shared::error::{Error, Result};

use crate::http::Request;

/// The largest form that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// Fields in the order sent.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// # Errors
    /// `Invalid` for a form that is too large.
    pub fn of(request: &Request) -> Result<Self> {
        if request.body().len() > LARGEST {
            return Err(Error::invalid("body", "too large"));
        }
        let fields = url::form_urlencoded::parse(request.body()).into_owned();
        Ok(Self(fields.collect()))
    }

    /// A field, trimmed, with the line ends that we store; `None` when it is absent or doubled.
    pub fn given(&self, name: &str) -> Option<String> {
        let mut fields = self.0.iter().filter(|(key, _)| key == name);
        let (_, value) = fields.next()?;
        let single = fields.next().is_none();
        single.then(|| value.replace("\r\n", "\n").trim().to_owned())
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
        let fields = url::form_urlencoded::parse(body.as_bytes()).into_owned();
        Form(fields.collect())
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
