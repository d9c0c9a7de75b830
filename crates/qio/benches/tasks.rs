//! Futures of tasks against tokio's `spawn_blocking`: rate and CPU per task, with as many in flight.
//!
//! `cargo bench -p qio --features tokio --bench tasks [WINDOW...]`. The two take turns, and the median of five
//! rounds counts.
#![expect(clippy::unwrap_used, reason = "a failure ends the measurement")]

use std::collections::VecDeque;
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context as About, Poll};
use std::time::{Duration, Instant};

use qio::{Context, Task};

const ROUNDS: usize = 5;
const TIME: Duration = Duration::from_millis(500);

/// Keeps `window` futures in flight, each awaited in the order of its start, until the time is over.
struct Flight<F, S> {
    start: S,
    flying: VecDeque<F>,
    window: usize,
    end: Instant,
    done: u64,
}

impl<F: Future + Unpin, S: FnMut() -> F + Unpin> Future for Flight<F, S> {
    type Output = u64;

    fn poll(mut self: Pin<&mut Self>, about: &mut About<'_>) -> Poll<u64> {
        let this = &mut *self;
        let mut is_over = Instant::now() >= this.end;
        while !is_over && this.flying.len() < this.window {
            let future = (this.start)();
            this.flying.push_back(future);
        }
        while let Some(first) = this.flying.front_mut() {
            if Pin::new(first).poll(about).is_pending() {
                return Poll::Pending;
            }
            this.flying.pop_front();
            this.done += 1;
            is_over = is_over || this.done.is_multiple_of(64) && Instant::now() >= this.end;
            if !is_over {
                let future = (this.start)();
                this.flying.push_back(future);
            }
        }
        Poll::Ready(this.done)
    }
}

/// Seconds of CPU that this process has taken.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    let own: f64 = text.split(' ').next().unwrap().parse().unwrap();
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let main = std::process::id().to_string();
    let others: f64 = tasks
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            if path.file_name()?.to_str()? == main {
                return None;
            }
            let text = std::fs::read_to_string(path.join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<f64>().ok()
        })
        .sum();
    (own + others) / 1e9
}

/// What a task does.
fn work(nanoseconds: u64) -> u64 {
    let end = Instant::now() + Duration::from_nanos(nanoseconds);
    let mut number = 0;
    while nanoseconds != 0 && Instant::now() < end {
        number += 1;
    }
    black_box(number)
}

struct Measured {
    rate: f64,
    cpu: f64,
}

fn measure(run: impl FnOnce(Instant) -> u64) -> Measured {
    let (begin, before) = (Instant::now(), cpu());
    let done = run(begin + TIME);
    let (seconds, spent) = (begin.elapsed().as_secs_f64(), cpu() - before);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let done = done as f64;
    Measured {
        rate: done / seconds,
        cpu: spent * 1e6 / done,
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() {
    let asked = std::env::args().filter_map(|word| word.parse().ok());
    let mut windows: Vec<usize> = asked.collect();
    if windows.is_empty() {
        windows = vec![1, 8, 64, 512];
    }
    let context = Context::new().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    println!(
        "{:>6}  {:>8}  {:>10}  {:>10}  {:>6}  {:>9}  {:>9}  {:>6}",
        "window", "work", "qio/s", "tokio/s", "rate", "qio CPU", "tokio CPU", "CPU"
    );
    for window in windows {
        for nanoseconds in [0, 5_000] {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                ours.push(measure(|end| {
                    context.block_on(Flight {
                        start: || Task::run(&context, move || work(nanoseconds)),
                        flying: VecDeque::new(),
                        window,
                        end,
                        done: 0,
                    })
                }));
                theirs.push(measure(|end| {
                    runtime.block_on(async {
                        Flight {
                            start: || tokio::task::spawn_blocking(move || work(nanoseconds)),
                            flying: VecDeque::new(),
                            window,
                            end,
                            done: 0,
                        }
                        .await
                    })
                }));
            }
            let of = |all: &[Measured], what: fn(&Measured) -> f64| {
                median(all.iter().map(what).collect())
            };
            let rates = (of(&ours, |m| m.rate), of(&theirs, |m| m.rate));
            let costs = (of(&ours, |m| m.cpu), of(&theirs, |m| m.cpu));
            println!(
                "{window:>6}  {:>5} us  {:>10.0}  {:>10.0}  {:>5.2}x  {:>6.2} us  {:>6.2} us  {:>5.2}x",
                nanoseconds / 1000,
                rates.0,
                rates.1,
                rates.0 / rates.1,
                costs.0,
                costs.1,
                costs.0 / costs.1
            );
        }
    }
}
