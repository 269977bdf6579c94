//! What was measured, for people and for programs.

use serde::Serialize;

use crate::stats::Spread;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// Things a second.
    #[serde(rename = "/s")]
    PerSecond,
    #[serde(rename = "us")]
    Micros,
    #[serde(rename = "KiB")]
    Kibibytes,
    #[serde(rename = "ms")]
    Millis,
}

/// What the ratio of subject to ceiling has to be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
    /// Not the ratio, but the subject itself, in the figure's unit.
    Itself(f64),
}

impl Bound {
    fn holds(self, figure: &Figure) -> bool {
        match self {
            Bound::AtLeast(bound) => figure.ratio().median() >= bound,
            Bound::AtMost(bound) => figure.ratio().median() <= bound,
            Bound::Itself(bound) => figure.subject.median() <= bound,
        }
    }

    fn shown(self, unit: Unit) -> String {
        match self {
            Bound::AtLeast(bound) => format!("≥ {bound} ×"),
            Bound::AtMost(bound) => format!("≤ {bound} ×"),
            Bound::Itself(bound) => format!("≤ {}", amount(bound, unit)),
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    pub name: String,
    pub unit: Unit,
    /// What the hub did, a value a round.
    pub subject: Spread,
    /// What the ceiling did, beside it.
    pub ceiling: Spread,
    pub must: Bound,
    pub aim: Option<Bound>,
    /// What else was seen: what it cost, what the ledger says, what was smaller than defined.
    pub notes: Vec<String>,
}

impl Figure {
    /// Subject to ceiling, round by round.
    pub fn ratio(&self) -> Spread {
        let pairs = self.subject.values.iter().zip(&self.ceiling.values);
        Spread { values: pairs.map(|(subject, ceiling)| subject / ceiling).collect() }
    }

    pub fn is_met(&self) -> bool {
        self.must.holds(self)
    }

    fn verdict(&self) -> &'static str {
        match (self.must.holds(self), self.aim.is_some_and(|aim| aim.holds(self))) {
            (true, true) => "aim met",
            (true, false) => "must met",
            (false, _) => "MISSED",
        }
    }
}

/// The table, in Markdown that reads well as it is.
pub fn table(figures: &[Figure]) -> String {
    let mut text = String::from(
        "| figure | hub: median (least–most) | ceiling: median (least–most) | ratio (least–most) | must | aim | verdict |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for figure in figures {
        let (subject, ceiling) = (spread(&figure.subject, figure.unit), spread(&figure.ceiling, figure.unit));
        let ratio = figure.ratio();
        let ratio = format!("**{:.2} ×** ({:.2}–{:.2})", ratio.median(), ratio.least(), ratio.most());
        let must = figure.must.shown(figure.unit);
        let aim = figure.aim.map_or_else(|| "–".to_owned(), |aim| aim.shown(figure.unit));
        let (name, verdict) = (&figure.name, figure.verdict());
        text += &format!("| {name} | {subject} | {ceiling} | {ratio} | {must} | {aim} | {verdict} |\n");
    }
    text.push('\n');
    for figure in figures.iter().filter(|figure| !figure.notes.is_empty()) {
        text += &format!("* **{}**: {}.\n", figure.name, figure.notes.join("; "));
    }
    text
}

fn spread(spread: &Spread, unit: Unit) -> String {
    let bare = |value: f64| amount(value, unit).split(' ').next().unwrap_or_default().to_owned();
    format!("{} ({}–{})", amount(spread.median(), unit), bare(spread.least()), bare(spread.most()))
}

fn amount(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond if value >= 10_000.0 => format!("{:.1}k /s", value / 1_000.0),
        Unit::PerSecond => format!("{value:.0} /s"),
        Unit::Micros => format!("{:.2} ms", value / 1_000.0),
        Unit::Kibibytes => format!("{value:.1} KiB"),
        Unit::Millis => format!("{value:.0} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(must: Bound, aim: Bound) -> Figure {
        Figure {
            name: "x".to_owned(),
            unit: Unit::PerSecond,
            subject: Spread { values: vec![40_000.0, 30_000.0] },
            ceiling: Spread { values: vec![100_000.0, 100_000.0] },
            must,
            aim: Some(aim),
            notes: vec!["a note".to_owned()],
        }
    }

    #[test]
    fn the_verdict_is_that_of_the_ratios() {
        assert_eq!(figure(Bound::AtLeast(0.3), Bound::AtLeast(0.34)).verdict(), "aim met");
        assert_eq!(figure(Bound::AtLeast(0.3), Bound::AtLeast(0.4)).verdict(), "must met");
        assert_eq!(figure(Bound::AtLeast(0.4), Bound::AtLeast(0.5)).verdict(), "MISSED");
        assert_eq!(figure(Bound::AtMost(0.4), Bound::AtMost(0.3)).verdict(), "must met");
        assert_eq!(figure(Bound::Itself(35_000.0), Bound::Itself(2.0)).verdict(), "must met");
    }

    #[test]
    fn the_table_tells_medians_spreads_and_notes() {
        let text = table(&[figure(Bound::AtLeast(0.3), Bound::AtLeast(0.4))]);
        assert!(text.contains("| x | 35.0k /s (30.0k–40.0k) | 100.0k /s"), "{text}");
        assert!(text.contains("**0.35 ×** (0.30–0.40)"), "{text}");
        assert!(text.contains("* **x**: a note."), "{text}");
    }
}
