//! That the licenses the program shows are those of what is linked into it.

use std::collections::BTreeSet;
use std::process::Command;

use fastwright::pack::Catalog;

use crate::support::{Sandbox, manifest};

/// For which the released binary is made; elsewhere some crates are others.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Returns what is linked in, as cargo has it: names with their versions.
fn linked() -> BTreeSet<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--offline", "--edges", "normal,no-proc-macro"]);
    cargo.args(["--prefix", "none", "--format", "{p}", "--target", TARGET]);
    let output = cargo.current_dir(manifest("")).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let name =
        |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ").replace(" v", " ");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(name).collect()
}

#[test]
fn version_tells_program_pack_and_build_and_the_license_of_each_crate() {
    let sandbox = Sandbox::new();
    let catalog = Catalog::embedded().expect("the pack");
    let (program, pack) = (env!("CARGO_PKG_VERSION"), catalog.load(None).expect("the pack"));

    let short = sandbox.run(&["--version"]).stdout;
    let whole = sandbox.run(&["--version", "--verbose"]).stdout;

    let expected = format!("fastwright {program}\npack fastapi {}\nbuild debug for ", pack.version);
    assert!(short.starts_with(&expected) && short.lines().count() == 3, "{short}");
    assert_eq!(sandbox.run(&["-vV"]).stdout, whole);
    assert!(whole.starts_with(&short));
    let (crates, rest) = whole.split_once("\nlibgit2, in libgit2-sys ").expect("libgit2");
    let crates = crates.lines().skip(6).filter(|line| !line.starts_with(' '));
    let shown = crates.map(|line| line.split(',').next().unwrap_or_default().to_owned());
    let mut linked = linked();
    linked.remove(&format!("fastwright {program}"));
    assert_eq!(shown.collect::<BTreeSet<_>>(), linked, "run .ci/licenses");
    for text in [
        "\nzlib, in libz-sys ",
        "\nThe Rust standard library, MIT\n",
        "\n===== MIT\n\nPermission is hereby granted",
        "GNU GENERAL PUBLIC LICENSE",
        "Apache License",
        "Jean-loup Gailly",
    ] {
        assert!(rest.contains(text), "{text}");
    }
}
