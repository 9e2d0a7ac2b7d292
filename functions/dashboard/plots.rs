//! Small plots of a month, as shapes for an `<svg>` that the page itself writes.
//!
//! Colours are classes of the stylesheet, so that a plot follows light and dark; nothing is written as
//! text, because there is no font to measure it with: the numbers stand beside the plot.

use plotters::prelude::*;
use shared::error::{Error, Result};

/// Units of the `viewBox`; the page scales it.
pub const WIDTH: u32 = 320;
pub const HEIGHT: u32 = 96;

const MARGIN: u32 = 6;

/// The crate knows colours, the stylesheet classes: each colour stands for one.
const CLASSES: [(RGBColor, &str); 4] = [
    (NOTHING, "base"),
    (TARGET, "aim"),
    (LINE, "trace"),
    (DAY, "dot"),
];
const NOTHING: RGBColor = RGBColor(4, 0, 0);
const TARGET: RGBColor = RGBColor(1, 0, 0);
const LINE: RGBColor = RGBColor(2, 0, 0);
const DAY: RGBColor = RGBColor(3, 0, 0);

/// The days as a line, dots where a day stands alone, nothing and the target across. Days without a value
/// are gaps.
/// `top` is where the plot ends if no value is greater.
///
/// # Errors
/// `Internal`, if the crate does not draw.
pub fn month(daily: &[Option<f64>], target: f64, top: f64) -> Result<String> {
    let mut svg = String::new();
    draw(&mut svg, daily, target, top).map_err(Error::internal)?;
    Ok(shapes(&svg))
}

#[allow(clippy::cast_precision_loss)] // thirty days
fn draw(
    svg: &mut String,
    daily: &[Option<f64>],
    target: f64,
    top: f64,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let greatest = daily
        .iter()
        .flatten()
        .fold(top, |most, value| most.max(*value));
    let last = daily.len().saturating_sub(1).max(1) as f64;
    let area = SVGBackend::with_string(svg, (WIDTH, HEIGHT)).into_drawing_area();
    let mut chart = ChartBuilder::on(&area);
    let mut chart = chart
        .margin(MARGIN)
        .build_cartesian_2d(0.0..last, 0.0..greatest)?;
    let across = |height, colour| PathElement::new([(0.0, height), (last, height)], colour);
    chart.draw_series([across(0.0, NOTHING), across(target, TARGET)])?;
    let values = daily
        .iter()
        .enumerate()
        .map(|(day, value)| (day as f64, *value));
    let values: Vec<(f64, Option<f64>)> = values.collect();
    for run in values.split(|(_, value)| value.is_none()) {
        let run = run
            .iter()
            .filter_map(|(day, value)| Some((*day, (*value)?)));
        let run: Vec<(f64, f64)> = run.collect();
        match run[..] {
            [] => {}
            [alone] => {
                chart.draw_series([Circle::new(alone, 3, DAY.filled())])?;
            }
            _ => {
                chart.draw_series(LineSeries::new(run, LINE))?;
            }
        }
    }
    area.present()?;
    Ok(())
}

/// What stands between the outer tags, with classes in place of colours.
fn shapes(svg: &str) -> String {
    let inner = svg.split_once('>').map_or("", |(_, rest)| rest);
    let mut inner = inner.trim().trim_end_matches("</svg>").to_owned();
    for (RGBColor(r, g, b), class) in CLASSES {
        for paint in ["stroke", "fill"] {
            let colour = format!(r##"{paint}="#{r:02X}{g:02X}{b:02X}""##);
            inner = inner.replace(&colour, &format!(r#"class="{class}""#));
        }
    }
    inner
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn days_are_joined_gaps_are_left_and_a_lonely_day_is_a_dot() {
        let daily = [Some(50.0), Some(100.0), None, Some(0.0), None];
        let plot = month(&daily, 95.0, 100.0).unwrap();
        let line = |class, points| {
            format!(
                r#"<polyline fill="none" opacity="1" class="{class}" stroke-width="1" points="{points} "/>"#
            )
        };
        assert_eq!(
            plot.lines().collect::<Vec<_>>(),
            [
                line("base", "6,89 313,89"),
                line("aim", "6,11 313,11"),
                line("trace", "6,48 82,6"),
                r#"<circle cx="236" cy="89" r="3" opacity="1" class="dot" stroke="none" stroke-width="1"/>"#.to_owned(),
            ]
        );
    }

    #[test]
    fn a_value_beyond_the_top_is_still_inside() {
        let plot = month(&[Some(1.0), Some(60.0)], 5.0, 6.0).unwrap();
        assert!(plot.contains("313,6 "), "{plot}");
    }

    #[test]
    fn without_days_the_target_stands_alone() {
        let plot = month(&[None; 30], 95.0, 100.0).unwrap();
        assert_eq!(plot.matches('<').count(), 2, "{plot}");
        assert!(plot.contains(r#"class="aim""#));
    }
}
