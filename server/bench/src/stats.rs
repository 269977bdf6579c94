//! Medians, spreads, and latencies.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The longest latency that is told apart from longer ones: a minute.
const LONGEST_US: u64 = 60_000_000;

/// What was measured several times.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spread {
    /// In the order of the rounds.
    pub values: Vec<f64>,
}

impl Spread {
    pub fn median(&self) -> f64 {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        match (sorted.len(), sorted.get(sorted.len() / 2)) {
            (0, _) | (_, None) => f64::NAN,
            (count, Some(middle)) if count % 2 == 1 => *middle,
            (count, Some(middle)) => (middle + sorted[count / 2 - 1]) / 2.0,
        }
    }

    pub fn least(&self) -> f64 {
        self.values.iter().copied().fold(f64::NAN, f64::min)
    }

    pub fn most(&self) -> f64 {
        self.values.iter().copied().fold(f64::NAN, f64::max)
    }
}

/// Latencies as they were.
pub fn latencies() -> Histogram<u64> {
    match Histogram::new_with_bounds(1, LONGEST_US, 3) {
        Ok(histogram) => histogram,
        Err(_) => unreachable!("the bounds are constants that it takes"),
    }
}

/// What is told of latencies, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    pub p50_us: u64,
    pub p99_us: u64,
    pub max_us: u64,
}

impl From<&Histogram<u64>> for Latency {
    fn from(histogram: &Histogram<u64>) -> Latency {
        Latency {
            p50_us: histogram.value_at_quantile(0.5),
            p99_us: histogram.value_at_quantile(0.99),
            max_us: histogram.max(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_lies_in_the_middle() {
        let spread = |values: &[f64]| Spread { values: values.to_vec() };
        assert_eq!(spread(&[3.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]).median(), 2.5);
        assert!(spread(&[]).median().is_nan());
        assert_eq!((spread(&[3.0, 1.0]).least(), spread(&[3.0, 1.0]).most()), (1.0, 3.0));
    }
}
