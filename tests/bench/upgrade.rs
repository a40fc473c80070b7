//! What an upgrade takes: `cargo bench --bench upgrade`, beside `git merge` of the same three
//! trees. Prints; judges nothing.

#![expect(clippy::print_stdout, reason = "figures are printed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fastwright");

fn main() {
    println!("{:<52} {:>10} {:>10}", "", "median", "best");
    for own in [0, 600] {
        let sandbox = tempfile::TempDir::new().expect("a temporary folder");
        let home = sandbox.path();
        run(program(home).args(["new", "shop", "--yes"]));
        add_own(&home.join("shop"), own);
        let name = format!("default repository, other answers, {own} files of the user");
        compare(home, &name, 30, &[], &["--no-metrics"]);
    }
    let sandbox = tempfile::TempDir::new().expect("a temporary folder");
    let release = ["--pack-version", "1.0.0", "new", "shop", "--yes"];
    run(program(sandbox.path()).args(release));
    add_own(&sandbox.path().join("shop"), 0);
    compare(sandbox.path(), "default repository, 1.0.0 to the newest", 30, &[], &[]);
    let sandbox = tempfile::TempDir::new().expect("a temporary folder");
    write_pack(&sandbox.path().join("pack"), 5000, 500);
    let pack = ["--pack", "pack"];
    let old = ["--pack-version", "1.0.0", "new", "shop", "--yes"];
    run(program(sandbox.path()).args(pack).args(old));
    edit(&sandbox.path().join("shop"), 500);
    compare(sandbox.path(), "5,000 files, 500 changed by both sides", 9, &pack, &[]);
}

/// Prints what an upgrade of `shop` takes, and what git takes to merge the same trees.
fn compare(home: &Path, name: &str, rounds: usize, pack: &[&str], answers: &[&str]) {
    let (shop, copy) = (home.join("shop"), home.join("copy"));
    commit(&shop, "edits");
    let upgrade = |folder: &Path| {
        let mut command = program(home);
        command.args(pack).arg("upgrade").arg(folder).args(answers);
        command
    };
    // The branches of git hold what the template had, what the user has, what it has now.
    git(&shop, &["branch", "ours"]);
    git(&shop, &["checkout", "--quiet", "-b", "theirs", "HEAD~1"]);
    run(&mut upgrade(&shop));
    commit(&shop, "theirs");
    git(&shop, &["checkout", "--quiet", "ours"]);

    let (mut ours, mut gits) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        run(Command::new("cp").arg("-a").args([&shop, &copy]));
        git(&copy, &["update-index", "--refresh"]);
        ours.push(run(&mut upgrade(&copy)));
        fs::remove_dir_all(&copy).expect("removed");
        run(Command::new("cp").arg("-a").args([&shop, &copy]));
        git(&copy, &["update-index", "--refresh"]);
        gits.push(git(&copy, &["merge", "--no-commit", "--quiet", "theirs"]));
        fs::remove_dir_all(&copy).expect("removed");
    }
    println!("{name}");
    for (name, times) in [("  fastwright upgrade", ours), ("  git merge", gits)] {
        let (median, best) = figures(times);
        println!("{name:<52} {:>7.1} ms {:>7.1} ms", milliseconds(median), milliseconds(best));
    }
}

/// Writes files that the template knows nothing of.
fn add_own(shop: &Path, count: usize) {
    for number in 0..count {
        let folder = shop.join(format!("own/{}", number % 20));
        fs::create_dir_all(&folder).expect("made");
        fs::write(folder.join(format!("{number}.py")), "value = 1\n".repeat(50)).expect("written");
    }
    fs::write(shop.join("own.txt"), "mine\n").expect("written");
}

const LINES: usize = 40;

/// Writes a pack of many files, of which the newer version changed some in their last line.
fn write_pack(pack: &Path, files: usize, changed: usize) {
    let head = |version: &str| {
        format!(
            "name = 'many'\nversion = '{version}'\n[[section]]\nkey = 's'\nlabel = 'S'\n\
             [[question]]\nkey = 'name'\nsection = 's'\nkind = 'text'\nlabel = 'Name'\n\
             help = 'Its name'\ndefault = 'many'\n"
        )
    };
    let write = |path: &str, text: &str| {
        let path = pack.join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        fs::write(path, text).expect("written");
    };
    write("pack.toml", &head("2.0.0"));
    write("history/1.0.0/pack.toml", &head("1.0.0"));
    write("history/1.0.0/history.toml", "version = '1.0.0'\n");
    for number in 0..files {
        let (path, text) = (format!("base/{}/{number}.txt", number % 50), text(number));
        if number < changed {
            write(&format!("history/1.0.0/{path}"), &text);
            write(&path, &(text + "the template's\n"));
        } else {
            write(&path, &text);
        }
    }
}

fn text(number: usize) -> String {
    let line = |line| format!("line {line} of file {number}\n");
    (0..LINES).map(line).collect::<Vec<_>>().concat()
}

/// Puts a line before those of the first files.
fn edit(shop: &Path, files: usize) {
    for number in 0..files {
        let path = shop.join(format!("{}/{number}.txt", number % 50));
        fs::write(path, format!("the user's\n{}", text(number))).expect("written");
    }
}

fn program(home: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(home).env("HOME", home);
    command
}

fn git(folder: &Path, arguments: &[&str]) -> Duration {
    let who = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
    run(Command::new("git").current_dir(folder).args(who).args(arguments))
}

fn commit(folder: &Path, message: &str) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", message]);
}

/// Runs a command to its end and tells how long that took.
fn run(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let begin = Instant::now();
    let output = command.output().expect("the command starts");
    let took = begin.elapsed();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    took
}

fn figures(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[0])
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
