//! The picture of the README: what the program prints in a terminal, drawn as SVG.

use std::fmt::Write as _;
use std::fs;

use crate::harness::{ran, root};
use crate::pages::is_update;

const FILE: &str = "docs/images/failed.svg";
const COMMAND: &str = "s3al failed --source-bucket example-data --limit 12 tests/fixtures/sample";
const COLUMNS: usize = 100;

/// The width of a character, the height of a line, the size of the type, and what is left free around the text.
const WIDTH: f64 = 8.4;
const HEIGHT: usize = 20;
const SIZE: usize = 14;
const MARGIN: usize = 20;
const BAR: usize = 36;
const TEXT: &str = "#d4d4d4";
/// The 16 colors that terminals name.
const NAMED: [&str; 16] = [
    "#3b3b3b", "#f14c4c", "#23d18b", "#e5c07b", "#61afef", "#d670d6", "#56b6c2", "#d4d4d4", "#7f848e",
    "#ff7b72", "#7ee787", "#f2cc60", "#79c0ff", "#e2a8ff", "#7fdbe6", "#ffffff",
];

/// How text looks.
#[derive(Clone, Default, PartialEq)]
struct Style {
    bold: bool,
    dim: bool,
    color: Option<String>,
    ground: Option<String>,
}

impl Style {
    /// Takes in what an escape sequence for colors says.
    fn apply(&mut self, codes: &str) {
        let mut codes = codes.split(';').map(|code| code.parse().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => *self = Self::default(),
                1 => self.bold = true,
                2 => self.dim = true,
                22 => (self.bold, self.dim) = (false, false),
                30..=37 => self.color = Some(color(code - 30)),
                90..=97 => self.color = Some(color(code - 82)),
                39 => self.color = None,
                40..=47 => self.ground = Some(color(code - 40)),
                49 => self.ground = None,
                38 | 48 => {
                    assert_eq!(codes.next(), Some(5), "a color of 256");
                    let color = Some(color(codes.next().expect("its number")));
                    if code == 38 { self.color = color } else { self.ground = color }
                }
                _ => panic!("the picture knows no style {code}"),
            }
        }
    }
}

/// One of 256 colors: 16 with names, a cube of 6 × 6 × 6, and 24 grays.
fn color(number: usize) -> String {
    match number {
        0..16 => NAMED[number].to_owned(),
        16..232 => {
            let part = |divisor: usize| [0, 95, 135, 175, 215, 255][(number - 16) / divisor % 6];
            format!("#{:02x}{:02x}{:02x}", part(36), part(6), part(1))
        }
        _ => format!("#{0:02x}{0:02x}{0:02x}", 8 + 10 * (number - 232)),
    }
}

/// A line's pieces, each with its style.
fn pieces(line: &str, style: &mut Style) -> Vec<(Style, String)> {
    let mut pieces: Vec<(Style, String)> = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let end = rest.find('\x1b').unwrap_or(rest.len());
        if end > 0 {
            pieces.push((style.clone(), rest[..end].to_owned()));
        }
        rest = &rest[end..];
        if let Some(sequence) = rest.strip_prefix("\x1b[") {
            let (codes, after) = sequence.split_once('m').expect("a sequence for colors");
            style.apply(codes);
            rest = after;
        }
    }
    pieces
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The picture of a terminal with these lines.
fn svg(lines: &[String]) -> String {
    let width = (COLUMNS as f64 * WIDTH) as usize + 2 * MARGIN;
    let height = BAR + lines.len() * HEIGHT + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#1e1e1e\"/>\n"
    );
    for (place, color) in ["#ff5f56", "#ffbd2e", "#27c93f"].into_iter().enumerate() {
        let x = MARGIN + 20 * place;
        writeln!(svg, "<circle cx=\"{x}\" cy=\"18\" r=\"6\" fill=\"{color}\"/>").expect("memory");
    }
    writeln!(
        svg,
        "<g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"{SIZE}\" \
         fill=\"{TEXT}\" xml:space=\"preserve\">"
    )
    .expect("memory");
    let mut style = Style::default();
    for (row, line) in lines.iter().enumerate() {
        let y = BAR + row * HEIGHT + SIZE;
        let mut column = 0;
        for (style, text) in pieces(line, &mut style) {
            let count = text.chars().count();
            let (x, length) = (MARGIN as f64 + column as f64 * WIDTH, count as f64 * WIDTH);
            column += count;
            if let Some(ground) = &style.ground {
                let top = y - SIZE;
                writeln!(svg, "<rect x=\"{x:.1}\" y=\"{top}\" width=\"{length:.1}\" height=\"{HEIGHT}\" fill=\"{ground}\"/>")
                    .expect("memory");
            }
            if text.trim().is_empty() {
                continue;
            }
            let mut look = String::new();
            if style.bold {
                look += " font-weight=\"bold\"";
            }
            if style.dim {
                look += " opacity=\"0.6\"";
            }
            if let Some(color) = &style.color {
                write!(look, " fill=\"{color}\"").expect("memory");
            }
            // The length keeps columns straight, whatever the font.
            writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{y}\" textLength=\"{length:.1}\"{look}>{}</text>",
                escape(&text)
            )
            .expect("memory");
        }
    }
    svg + "</g>\n</svg>\n"
}

#[test]
fn the_picture_is_what_is_printed() {
    let mut program = crate::harness::command();
    program.args(COMMAND.split(' ').skip(1)).args(["--color", "always"]).env("COLUMNS", COLUMNS.to_string());
    let printed = ran(&mut program).done();
    let mut lines = vec![format!("\x1b[32m$\x1b[0m \x1b[1m{COMMAND}\x1b[0m")];
    lines.extend(printed.text().lines().map(str::to_owned));
    let picture = svg(&lines);
    let path = root().join(FILE);
    if is_update() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, picture).expect("the picture");
        return;
    }
    assert!(fs::read_to_string(path).expect("the picture") == picture, "UPDATE_DOCS=1 draws {FILE} anew");
}

#[test]
fn styles_become_pieces() {
    let mut style = Style::default();
    let found = pieces("a\x1b[1mb\x1b[0m\x1b[38;5;1mc<\x1b[39m", &mut style);
    let texts: Vec<_> =
        found.iter().map(|(style, text)| (style.bold, style.color.as_deref(), text.as_str())).collect();
    assert_eq!(texts, [(false, None, "a"), (true, None, "b"), (false, Some(NAMED[1]), "c<")]);
    assert_eq!((color(16), color(231), color(244)), ("#000000".into(), "#ffffff".into(), "#808080".into()));
    assert!(svg(&["c<".to_owned()]).contains(">c&lt;</text>"));
}
