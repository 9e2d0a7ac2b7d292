//! Whether an HTML element's own style keeps its text from being seen.

use super::markup::Attributes;

/// Text of this size or less cannot be read.
const TINY_PX: f64 = 2.0;
/// What stands further to the left or above is off screen.
const OFF_SCREEN_PX: f64 = -500.0;

/// Text and background colour, as far as an element or one around it names them. Mail is read on
/// white until something else is said.
#[derive(Clone, Copy)]
pub(super) struct Colors {
    text: Option<Rgb>,
    background: Option<Rgb>,
}

impl Default for Colors {
    fn default() -> Self {
        Self {
            text: None,
            background: Some([255, 255, 255]),
        }
    }
}

impl Colors {
    /// Whether text would be written in the colour of what is behind it.
    pub(super) fn blend(self) -> bool {
        self.text.is_some() && self.text == self.background
    }
}

type Rgb = [u8; 3];

/// How an element looks.
pub(super) struct Look {
    pub(super) hidden: bool,
    pub(super) colors: Colors,
}

impl Look {
    /// Reads `style`, `hidden`, `color` and `bgcolor` of an element that stands in `around`.
    pub(super) fn of(attributes: &Attributes<'_>, around: Colors) -> Self {
        let mut colors = around;
        if let Some(color) = attributes.decoded("bgcolor") {
            colors.background = rgb(&color);
        }
        if let Some(color) = attributes.decoded("color") {
            colors.text = rgb(&color);
        }
        let style = attributes.decoded("style").unwrap_or_default();
        let declarations = declarations(&style);
        for (property, value) in &declarations {
            match property.as_str() {
                "color" => colors.text = rgb(value),
                "background-color" => colors.background = rgb(value),
                "background" => {
                    // An image or a gradient: no telling what is behind the text.
                    let first = value.split_ascii_whitespace().next().unwrap_or_default();
                    colors.background = rgb(first);
                }
                _ => {}
            }
        }
        let hidden = attributes.has("hidden") || hide(&declarations);
        Self { hidden, colors }
    }
}

/// Whether text under these declarations is not seen.
pub(super) fn hide(declarations: &[(String, String)]) -> bool {
    declarations
        .iter()
        .any(|(property, value)| hides(property, value))
        || is_clipped_box(declarations)
        || is_off_screen(declarations)
}

/// The declarations of a style attribute or of a rule, in lower case.
pub(super) fn declarations(style: &str) -> Vec<(String, String)> {
    let style = without_comments_and_escapes(style).to_ascii_lowercase();
    style
        .split(';')
        .filter_map(|declaration| declaration.split_once(':'))
        .map(|(property, value)| {
            let value = value.replace("!important", "");
            (property.trim().to_owned(), value.trim().to_owned())
        })
        .collect()
}

/// `dis/**/play` is `display` to no browser, but `none/**/` is `none`; `\6eone` is `none`.
pub(super) fn without_comments_and_escapes(style: &str) -> String {
    let mut out = String::with_capacity(style.len());
    let mut rest = style;
    while let Some(at) = rest.find(['/', '\\']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
        } else if let Some(escaped) = rest.strip_prefix('\\') {
            let digits = escaped
                .bytes()
                .take(6)
                .take_while(u8::is_ascii_hexdigit)
                .count();
            let code = u32::from_str_radix(&escaped[..digits], 16).ok();
            out.extend(code.and_then(char::from_u32));
            rest = &escaped[digits..];
            rest = if digits > 0 {
                rest.strip_prefix(' ').unwrap_or(rest)
            } else {
                rest
            };
        } else {
            out.push('/');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

fn hides(property: &str, value: &str) -> bool {
    match property {
        "display" => value == "none",
        "visibility" => matches!(value, "hidden" | "collapse"),
        "opacity" => fraction(value).is_some_and(|opacity| opacity <= 0.05),
        "font-size" => pixels(value).is_some_and(|size| size <= TINY_PX),
        // The shorthand: `font: 1px/1px Arial`.
        "font" => value
            .split([' ', '/'])
            .filter(|word| word.starts_with(|c: char| c.is_ascii_digit() || c == '.'))
            .find_map(|word| word.parse::<f64>().is_err().then(|| pixels(word))?)
            .is_some_and(|size| size <= TINY_PX),
        "mso-hide" => value == "all",
        "color" | "-webkit-text-fill-color" => value == "transparent" || value.ends_with(",0)"),
        "transform" => value.replace(' ', "").starts_with("scale(0"),
        "clip" => value
            .replace([' ', 'p', 'x', ','], "")
            .starts_with("rect(000"),
        _ => false,
    }
}

/// The box of a preheader: no height or no width, and what overflows is not shown.
fn is_clipped_box(declarations: &[(String, String)]) -> bool {
    let has = |wanted: &[&str], test: fn(&str) -> bool| {
        declarations
            .iter()
            .any(|(property, value)| wanted.contains(&property.as_str()) && test(value))
    };
    has(&["overflow", "overflow-x", "overflow-y"], |value| {
        matches!(value, "hidden" | "clip")
    }) && has(&["height", "max-height", "width", "max-width"], |value| {
        pixels(value).is_some_and(|size| size <= TINY_PX)
    })
}

fn is_off_screen(declarations: &[(String, String)]) -> bool {
    let moved = [
        "left",
        "top",
        "right",
        "bottom",
        "margin-left",
        "margin-top",
        "text-indent",
    ];
    declarations.iter().any(|(property, value)| {
        moved.contains(&property.as_str()) && pixels(value).is_some_and(|at| at <= OFF_SCREEN_PX)
    })
}

fn fraction(value: &str) -> Option<f64> {
    match value.strip_suffix('%') {
        Some(percent) => percent
            .trim()
            .parse::<f64>()
            .ok()
            .map(|percent| percent / 100.0),
        None => value.parse().ok(),
    }
}

/// A length in pixels, of text that is 16 pixels high.
fn pixels(value: &str) -> Option<f64> {
    let unit_at = value
        .find(|c: char| !c.is_ascii_digit() && !"+-.".contains(c))
        .unwrap_or(value.len());
    let number: f64 = value[..unit_at].parse().ok()?;
    let factor = match value[unit_at..].trim() {
        "" | "px" => 1.0,
        "pt" => 4.0 / 3.0,
        "em" | "rem" | "ex" | "ch" => 16.0,
        "%" => 0.16,
        "mm" => 3.8,
        "cm" => 38.0,
        "in" => 96.0,
        "vw" | "vh" => 10.0,
        _ => return None,
    };
    Some(number * factor)
}

/// Hexadecimal, `rgb()` and the two names that matter. Anything else is not known.
fn rgb(value: &str) -> Option<Rgb> {
    let value = value.trim().to_ascii_lowercase();
    if let Some(hex) = value.strip_prefix('#') {
        let digits: Vec<u8> = hex
            .chars()
            .map_while(|c| c.to_digit(16))
            .filter_map(|d| u8::try_from(d).ok())
            .collect();
        return match digits[..] {
            [r, g, b] | [r, g, b, _] => Some([r * 17, g * 17, b * 17]),
            [r, r2, g, g2, b, b2] | [r, r2, g, g2, b, b2, _, _] => {
                Some([r * 16 + r2, g * 16 + g2, b * 16 + b2])
            }
            _ => None,
        };
    }
    if let Some(list) = value
        .strip_prefix("rgb(")
        .or_else(|| value.strip_prefix("rgba("))
    {
        let mut numbers = list
            .trim_end_matches(')')
            .split([',', ' ', '/'])
            .filter(|n| !n.is_empty());
        let mut next = || numbers.next()?.trim().parse::<u8>().ok();
        return Some([next()?, next()?, next()?]);
    }
    match value.as_str() {
        "white" => Some([255, 255, 255]),
        "black" => Some([0, 0, 0]),
        _ => None,
    }
}
