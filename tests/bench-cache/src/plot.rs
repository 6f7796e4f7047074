//! What a lookup takes by the number of entries, drawn as SVG: both axes logarithmic, colours that can be read on light
//! and dark ground.

use std::fmt::Write;

use crate::lookup::Point;
use crate::report::thousands;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 60.0;
const TARGET_MS: f64 = 2.0;

const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; fill: #57606a }
.grid { stroke: #8b949e; stroke-opacity: .3 }
.a { stroke: #0969da; fill: #0969da }
.b { stroke: #bc4c00; fill: #bc4c00 }
.target { stroke: #8b949e; stroke-dasharray: 3 4 }
polyline { fill: none; stroke-width: 2 }
.p99 { stroke-dasharray: 6 4; stroke-width: 1.5 }
text.a, text.b { stroke: none }
polyline.a, polyline.b { fill: none }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1 }
.a { stroke: #58a6ff; fill: #58a6ff }
.b { stroke: #f0883e; fill: #f0883e }
}
";

/// What is drawn.
#[derive(Debug, Default)]
pub struct Curves {
    /// Of the embedded store.
    pub embedded: Vec<Point>,
    /// Of Redis.
    pub redis: Vec<Point>,
}

/// From values to places, by their decimal logarithms.
struct Axes {
    x: (f64, f64),
    y: (f64, f64),
}

impl Curves {
    /// The whole file.
    pub fn svg(&self) -> String {
        let axes = self.axes();
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\n\
             <title>Time of a lookup by the number of entries in a partition</title>\n<style>\n{STYLE}</style>\n"
        );
        axes.draw(&mut svg);
        for (name, class, points) in [("embedded", "a", &self.embedded), ("Redis", "b", &self.redis)] {
            axes.curve(&mut svg, (&format!("{name}, p50"), class), points, |point| {
                point.p50_ms
            });
            axes.curve(
                &mut svg,
                (&format!("{name}, p99"), &format!("{class} p99")),
                points,
                |point| point.p99_ms,
            );
        }
        svg + "</svg>\n"
    }

    /// Whole decades around all points and the target.
    fn axes(&self) -> Axes {
        let points = || self.embedded.iter().chain(&self.redis);
        let range = |values: &mut dyn Iterator<Item = f64>| {
            let start = (f64::MAX, f64::MIN);
            let (low, high) = values.fold(start, |(low, high), value| (low.min(value), high.max(value)));
            let (low, high) = (low.log10().floor(), high.log10().ceil());
            (low, high.max(low + 1.0))
        };
        let mut entries = points().map(|point| point.entries as f64).chain([1e3]);
        let mut times = points()
            .flat_map(|point| [point.p50_ms, point.p99_ms])
            .chain([TARGET_MS]);
        Axes {
            x: range(&mut entries),
            y: range(&mut times),
        }
    }
}

impl Axes {
    fn x(&self, value: f64) -> f64 {
        let (low, high) = self.x;
        LEFT + (value.log10() - low) / (high - low) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        let (low, high) = self.y;
        HEIGHT - BOTTOM - (value.log10() - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
    }

    // Writing to a string cannot fail.
    fn draw(&self, svg: &mut String) {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        for value in steps(self.x) {
            let x = self.x(value);
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>"
            );
            let label = thousands(value.round() as usize);
            let y = bottom + 20.0;
            let _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{label}</text>"
            );
        }
        for value in steps(self.y) {
            let y = self.y(value);
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>"
            );
            let (x, y) = (LEFT - 8.0, y + 4.0);
            let label = (value * 1e6).round() / 1e6;
            let _ = writeln!(
                svg,
                "<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{label}</text>"
            );
        }
        let (x, y) = (f64::midpoint(LEFT, right), f64::midpoint(TOP, bottom));
        let _ = writeln!(
            svg,
            "<text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">entries in one partition</text>\n\
             <text x=\"24\" y=\"{y}\" text-anchor=\"middle\" transform=\"rotate(-90 24 {y})\">time of a lookup (ms)</text>",
            HEIGHT - 14.0
        );
        let y = self.y(TARGET_MS);
        let _ = writeln!(
            svg,
            "<line class=\"target\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>\n\
             <text x=\"{}\" y=\"{:.1}\">at most {TARGET_MS} ms</text>",
            LEFT + 8.0,
            y - 6.0
        );
    }

    fn curve(
        &self,
        svg: &mut String,
        (name, class): (&str, &str),
        points: &[Point],
        time: fn(&Point) -> f64,
    ) {
        let place = |point: &Point| (self.x(point.entries as f64), self.y(time(point)));
        let Some((x, y)) = points.last().map(place) else {
            return;
        };
        let line: Vec<String> = points
            .iter()
            .map(place)
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let _ = writeln!(svg, "<polyline class=\"{class}\" points=\"{}\"/>", line.join(" "));
        if !class.ends_with("p99") {
            for (x, y) in points.iter().map(place) {
                let _ = writeln!(
                    svg,
                    "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"
                );
            }
        }
        let color = class.split(' ').next().unwrap_or_default();
        let _ = writeln!(
            svg,
            "<text class=\"{color}\" x=\"{:.1}\" y=\"{:.1}\">{name}</text>",
            x + 10.0,
            y + 4.0
        );
    }
}

/// 1, 2 and 5 of each decade.
fn steps((low, high): (f64, f64)) -> impl Iterator<Item = f64> {
    let decades = (low as i32..=high as i32).map(|decade| 10_f64.powi(decade));
    decades
        .flat_map(|decade| [decade, 2.0 * decade, 5.0 * decade])
        .filter(move |value| *value <= 10_f64.powf(high) * 1.001)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_point_lies_in_the_picture() {
        let point = |entries, p50_ms| Point {
            entries,
            p50_ms,
            p99_ms: 3.0 * p50_ms,
            recall: 1.0,
        };
        let curves = Curves {
            embedded: vec![point(1_000, 0.02), point(100_000, 1.5)],
            redis: vec![point(1_000, 0.4), point(10_000, 0.9)],
        };
        let axes = curves.axes();
        assert_eq!((axes.x, axes.y), ((3.0, 5.0), (-2.0, 1.0)));
        for point in curves.embedded.iter().chain(&curves.redis) {
            assert!((LEFT..=WIDTH - RIGHT).contains(&axes.x(point.entries as f64)));
            assert!((TOP..=HEIGHT - BOTTOM).contains(&axes.y(point.p99_ms)));
        }
        let svg = curves.svg();
        assert_eq!(svg.matches("<polyline").count(), 4);
        assert_eq!(svg.matches("<circle").count(), 4);
        assert!(!svg.contains("NaN"));
    }
}
