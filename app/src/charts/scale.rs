//! Axes for values.

/// An axis from nought, with round steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// The value at the top.
    pub top: f64,
    /// From nought to `top`.
    pub ticks: Vec<f64>,
}

/// An axis that holds `max` in at most five round steps, whole ones for counts.
#[must_use]
pub fn linear(max: f64) -> Linear {
    let max = max.max(1.0);
    let rough = max / 4.0;
    let magnitude = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * magnitude)
        .find(|step| *step >= rough && step.fract() == 0.0)
        .unwrap_or(1.0);
    let mut ticks = vec![0.0];
    let mut tick = 0.0;
    while tick < max {
        tick += step;
        ticks.push(tick);
    }
    Linear { top: tick, ticks }
}

impl Linear {
    /// How far from the top, in per cent.
    #[must_use]
    pub fn y(&self, value: f64) -> f64 {
        100.0 - value / self.top * 100.0
    }
}

/// An axis of powers of ten: latencies of one and of a thousand milliseconds are both to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Logarithmic {
    low: f64,
    high: f64,
    pub ticks: Vec<f64>,
}

/// An axis of whole decades that holds every value; one decade from 1 where there is none.
#[must_use]
pub fn logarithmic(values: impl Iterator<Item = f64>) -> Logarithmic {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.filter(|value| value.is_finite() && *value > 0.0) {
        low = low.min(value);
        high = high.max(value);
    }
    if low > high {
        (low, high) = (1.0, 10.0);
    }
    // Below 10 µs all is noise: it would squeeze what matters.
    let low = low.max(0.01).log10().floor();
    let high = high.max(0.01).log10().ceil().max(low + 1.0);
    let mut ticks = Vec::new();
    let mut exponent = low;
    while exponent <= high {
        ticks.push(10_f64.powf(exponent));
        exponent += 1.0;
    }
    Logarithmic { low, high, ticks }
}

impl Logarithmic {
    /// How far from the top, in per cent; what is below the axis stands on it.
    #[must_use]
    pub fn y(&self, value: f64) -> f64 {
        let exponent = if value > 0.0 { value.log10().clamp(self.low, self.high) } else { self.low };
        100.0 - (exponent - self.low) / (self.high - self.low) * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_axes_are_round_and_hold_their_maximum() {
        assert_eq!(linear(0.0).ticks, [0.0, 1.0]);
        assert_eq!(linear(3.0).ticks, [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(linear(7.0).ticks, [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(linear(90.0).ticks, [0.0, 25.0, 50.0, 75.0, 100.0]);
        for max in [1.0, 9.0, 11.0, 101.0, 12_345.0, 9_999_999.0] {
            let axis = linear(max);
            assert!(axis.top >= max && axis.ticks.len() <= 6, "{max}: {axis:?}");
        }
    }

    #[test]
    fn logarithmic_axes_are_whole_decades() {
        let axis = logarithmic([3.0, 420.0].into_iter());
        assert_eq!(axis.ticks.len(), 4);
        assert!((axis.y(1.0) - 100.0).abs() < 1e-9);
        assert!(axis.y(1_000.0).abs() < 1e-9);
        assert!((axis.y(0.0) - 100.0).abs() < 1e-9, "nought stands on the axis");
    }

    #[test]
    fn an_axis_without_values_is_an_axis() {
        assert_eq!(logarithmic(std::iter::empty()).ticks.len(), 2);
        assert_eq!(logarithmic([10.0].into_iter()).ticks.len(), 2);
    }
}
