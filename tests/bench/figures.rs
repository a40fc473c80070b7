//! The figures of the README: `cargo bench --bench figures`. Prints; judges nothing.

#![expect(clippy::print_stdout, reason = "figures are printed")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 60;
const PROGRAM: &str = env!("CARGO_BIN_EXE_fastwright");

fn main() {
    let sandbox = tempfile::TempDir::new().expect("a temporary folder");
    let (tree, target) = (sandbox.path().join("shop-api"), sandbox.path().join("copy"));
    run(&mut new(&tree, &["--no-git"]));

    let mut help = Vec::new();
    let mut copy = Vec::new();
    let mut plain = Vec::new();
    let mut git = Vec::new();
    // One after another in each round, so that what else the machine does hits all alike.
    for _ in 0..ROUNDS {
        help.push(run(Command::new(PROGRAM).arg("--help")));
        copy.push(run(Command::new("cp").arg("-r").args([&tree, &target])));
        clear(&target);
        plain.push(run(&mut new(&target, &["--no-git", "--name", "shop-api"])));
        clear(&target);
        git.push(run(&mut new(&target, &["--name", "shop-api"])));
        clear(&target);
    }

    let size = std::fs::metadata(PROGRAM).map(|file| file.len()).unwrap_or_default();
    println!("{:<34} {:>10} {:>10}", "", "median", "best");
    for (name, times) in [
        ("fastwright --help", help),
        ("cp -r of the default repository", copy),
        ("new --yes --no-git", plain),
        ("new --yes, with a first commit", git),
    ] {
        let (median, best) = figures(times);
        println!("{name:<34} {:>7.1} ms {:>7.1} ms", milliseconds(median), milliseconds(best));
    }
    println!(
        "{:<34} {:>7.2} MB",
        "binary",
        f64::from(u32::try_from(size).unwrap_or(u32::MAX)) / 1e6
    );
}

fn new(target: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("new").arg(target).arg("--yes").args(more);
    command
}

/// Runs a command to its end and tells how long that took.
fn run(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begin = Instant::now();
    let status = command.status().expect("the command starts");
    let took = begin.elapsed();
    assert!(status.success(), "{command:?}");
    took
}

fn clear(folder: &Path) {
    std::fs::remove_dir_all(folder).expect("removed");
}

fn figures(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[0])
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
