//! Bars that overlap go into lanes below one another.

/// Where a bar starts and how long it is, in any unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extent {
    pub start: f64,
    pub length: f64,
}

/// The lane of each bar, counted from nought, and how many lanes there are. Each bar takes the first lane that is free
/// when it starts, in the order of their starts: so the lanes are as few as can be.
#[must_use]
pub fn pack(bars: &[Extent]) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..bars.len()).collect();
    order.sort_by(|a, b| bars[*a].start.total_cmp(&bars[*b].start));
    let mut lanes = vec![0; bars.len()];
    let mut ends: Vec<f64> = Vec::new();
    for index in order {
        let bar = bars[index];
        let end = bar.start + bar.length;
        let free = ends.iter().position(|taken| *taken <= bar.start);
        if let Some(lane) = free {
            ends[lane] = end;
            lanes[index] = lane;
        } else {
            lanes[index] = ends.len();
            ends.push(end);
        }
    }
    (lanes, ends.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(bars: &[(f64, f64)]) -> (Vec<usize>, usize) {
        let bars: Vec<_> = bars.iter().map(|(start, length)| Extent { start: *start, length: *length }).collect();
        pack(&bars)
    }

    #[test]
    fn one_after_another_is_one_lane() {
        assert_eq!(lanes(&[(0.0, 1.0), (1.0, 1.0), (5.0, 2.0)]), (vec![0, 0, 0], 1));
    }

    #[test]
    fn what_overlaps_is_set_below() {
        assert_eq!(lanes(&[(0.0, 10.0), (1.0, 2.0), (2.0, 2.0), (3.0, 1.0)]), (vec![0, 1, 2, 1], 3));
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        assert_eq!(lanes(&[(5.0, 2.0), (0.0, 6.0)]), (vec![1, 0], 2));
        assert_eq!(lanes(&[]), (vec![], 0));
    }

    #[test]
    fn bars_of_one_lane_never_overlap() {
        let bars: Vec<_> = (0..200_u32).map(|n| (f64::from(n * 37 % 101), f64::from(n * 13 % 17))).collect();
        let (lanes, count) = lanes(&bars);
        for lane in 0..count {
            let mut inside: Vec<_> =
                bars.iter().zip(&lanes).filter(|(_, of)| **of == lane).map(|(bar, _)| *bar).collect();
            inside.sort_by(|a, b| a.0.total_cmp(&b.0));
            assert!(inside.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0), "lane {lane}: {inside:?}");
        }
    }
}
