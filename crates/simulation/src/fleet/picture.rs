//! The picture of a fleet's day: requests in the busiest second of each minute.

use super::ALIKE;
use super::report::{Fleet, GOAL, Report};
use plotters::prelude::{
    ChartBuilder, Color as _, DashedLineSeries, IntoDrawingArea as _, IntoFont as _, LineSeries,
    RGBColor, SVGBackend, ShapeStyle, Text, WHITE,
};
use std::error::Error;

const SIZE: (u32, u32) = (960, 460);
const INK: RGBColor = RGBColor(0x33, 0x3a, 0x45);
const FAINT: RGBColor = RGBColor(0x8a, 0x93, 0xa0);
const GREY: RGBColor = RGBColor(0x6b, 0x74, 0x80);
const OURS: RGBColor = RGBColor(0x0b, 0x6b, 0xcb);
const TUTORIAL: RGBColor = RGBColor(0xd9, 0x6c, 0x0f);
/// What is drawn, in this order, how wide.
const LINES: [(&str, RGBColor, u32); 4] =
    [(ALIKE, GREY, 1), ("article", TUTORIAL, 2), ("even spread", INK, 1), ("keeper", OURS, 2)];
const FONT: &str = "system-ui, sans-serif";

/// A picture that could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("the picture cannot be drawn: {0}")]
pub struct Undrawable(String);

/// Draws ours beside the tutorial's policy and an even spread, as SVG, on paper of its own: it is
/// read on light and dark pages alike.
///
/// # Errors
/// [`Undrawable`] with the drawing library's words.
pub fn picture(report: &Report) -> Result<String, Undrawable> {
    draw(report).map_err(|error| Undrawable(error.to_string()))
}

fn draw(report: &Report) -> Result<String, Box<dyn Error + '_>> {
    let mut svg = String::new();
    let paper = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    paper.fill(&WHITE)?;
    let title = format!(
        "{} desktops start at nine: what their auth server is asked",
        grouped(report.desktops)
    );
    let top = report.fleets.iter().take(4).flat_map(|fleet| &fleet.by_minute).max();
    let top = f64::from(top.copied().unwrap_or(1)) * 1.08;
    let mut chart = ChartBuilder::on(&paper)
        .caption(title, (FONT, 20).into_font().color(&INK))
        .margin(18)
        .x_label_area_size(46)
        .y_label_area_size(58)
        .build_cartesian_2d(9.0..19.0, 0.0..top)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(WHITE)
        .bold_line_style(FAINT.mix(0.25))
        .axis_style(FAINT)
        .label_style((FONT, 13).into_font().color(&INK))
        .axis_desc_style((FONT, 13).into_font().color(&INK))
        .x_desc("time of day")
        .y_desc("requests per second (busiest second of each minute)")
        .x_labels(11)
        .x_label_formatter(&|hour| format!("{hour:.0}:00"))
        .y_label_formatter(&|count| format!("{count:.0}"))
        .draw()?;
    for (policy, colour, width) in LINES {
        if let Some(fleet) = report.fleets.iter().find(|fleet| fleet.policy == policy) {
            let stroke = ShapeStyle::from(colour).stroke_width(width);
            chart.draw_series(LineSeries::new(points(fleet), stroke))?;
        }
    }
    let goal = GOAL * report.mean_per_s;
    chart.draw_series(DashedLineSeries::new([(10.0, goal), (19.0, goal)], 6, 5, INK.into()))?;
    let label = |words: &str, hour: f64, count: f64, colour: RGBColor| {
        // A little above what it names.
        let at = (hour, count + top / 20.0);
        Text::new(words.to_owned(), at, (FONT, 14).into_font().color(&colour))
    };
    let peak = |policy: &str, first: usize| {
        let named = report.fleets.iter().find(|fleet| fleet.policy == policy);
        let later = named.map_or(&[][..], |fleet| fleet.by_minute.get(first..).unwrap_or_default());
        later.iter().max().copied().map_or(0.0, f64::from)
    };
    chart.draw_series([
        label(
            "tutorial: asks twice at launch, later on focus only",
            9.25,
            peak("article", 0) * 0.9,
            TUTORIAL,
        ),
        label("Session Keeper", 11.85, peak("keeper", 60) * 0.8, OURS),
        label("the same without spreading", 11.62, peak(ALIKE, 60) * 0.9, GREY),
        label("goal: at most 5 times our mean", 16.4, goal, INK),
        label("even spread", 18.1, report.mean_per_s, INK),
    ])?;
    drop(chart);
    drop(paper);
    Ok(svg)
}

/// Hours of the day, and requests in the busiest second of that minute.
fn points(fleet: &Fleet) -> impl Iterator<Item = (f64, f64)> {
    let minutes = (0_u32..).map(|minute| 9.0 + f64::from(minute) / 60.0);
    minutes.zip(fleet.by_minute.iter().map(|count| f64::from(*count)))
}

/// A number with its thousands apart.
fn grouped(number: u32) -> String {
    if number < 1_000 {
        return number.to_string();
    }
    format!("{},{:03}", grouped(number / 1_000), number % 1_000)
}
