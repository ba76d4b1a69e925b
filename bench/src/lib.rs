//! Paired timing: the alternatives take turns in one run, so that a noisy machine slows all of
//! them alike, and what is reported is a ratio.

pub mod by_hand;
pub mod shop;

use std::time::{Duration, Instant};

/// One way to do the same work.
pub struct Contender<'a, S> {
    /// What the table calls it.
    pub name: &'a str,
    /// Does it once; the state is the connection, or nothing.
    pub work: Box<dyn FnMut(&mut S) + 'a>,
}

/// Runs the contenders in turns, prints the median time of each and its ratio to the first, and
/// returns the ratios; none where the command line asks for other races.
///
/// Each of `rounds` gives every contender `times` runs in a row; a round's figure is the median of
/// its runs, and the table shows the median of the rounds.
pub fn race<S>(
    title: &str,
    state: &mut S,
    contenders: &mut [Contender<'_, S>],
    rounds: usize,
    times: usize,
) -> Vec<f64> {
    // `cargo bench -- WORD` runs the races whose title has the word.
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    if !words.is_empty() && !words.iter().any(|word| title.contains(word.as_str())) {
        return Vec::new();
    }
    let mut figures: Vec<Vec<Duration>> = contenders.iter().map(|_| Vec::new()).collect();
    for contender in contenders.iter_mut() {
        for _ in 0..times.min(20) {
            (contender.work)(state);
        }
    }
    for _ in 0..rounds {
        for (contender, figures) in contenders.iter_mut().zip(&mut figures) {
            let mut runs: Vec<Duration> = (0..times)
                .map(|_| {
                    let start = Instant::now();
                    (contender.work)(state);
                    start.elapsed()
                })
                .collect();
            figures.push(median(&mut runs));
        }
    }
    println!("\n{title}");
    let (mut floor, mut all) = (None, Vec::new());
    for (contender, figures) in contenders.iter().zip(&mut figures) {
        // The ratio is taken round by round, where both had the same machine.
        let time = median(figures);
        let floor = floor.get_or_insert_with(|| figures.clone());
        let mut ratios: Vec<f64> = figures
            .iter()
            .zip(floor.iter())
            .map(|(own, floor)| own.as_secs_f64() / floor.as_secs_f64())
            .collect();
        ratios.sort_by(f64::total_cmp);
        let ratio = ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN);
        println!(
            "  {:<44} {:>12} {:>6.2} x",
            contender.name,
            format!("{time:.1?}"),
            ratio
        );
        all.push(ratio);
    }
    all
}

fn median(runs: &mut [Duration]) -> Duration {
    runs.sort();
    runs.get(runs.len() / 2).copied().unwrap_or_default()
}
