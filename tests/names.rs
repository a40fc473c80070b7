//! Names and links of packs that some system takes for something else: made up by kind, and
//! refused before anything is written.

use std::os::unix::ffi::OsStrExt;

use fastwright::pack::{Catalog, Pack, lint};
use fastwright::render::render;
use fastwright::tree::{Blob, Mode, RelPath, Tree};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::support::{Sandbox, answers};

const HEAD: &str = "name = 'made'\nversion = '1.0.0'\n[[section]]\nkey = 's'\nlabel = 'S'\n\
    [[question]]\nkey = 'a'\nsection = 's'\nkind = 'text'\nlabel = 'A'\ndefault = 'x'\n";

/// Returns a pack with these files below `base/`, and these links.
fn made(files: &[&str], links: &[(String, String)]) -> fastwright::error::Result<Pack> {
    let table: toml::Table =
        links.iter().map(|(path, target)| (path.clone(), target.clone().into())).collect();
    let links = toml::Value::from(table);
    let manifest = format!("links = {links}\n{HEAD}");
    let base = |path: &&str| (format!("base/{path}"), "x\n".to_owned());
    let files = files.iter().map(base).chain([("pack.toml".to_owned(), manifest)]);
    let tree: Tree = files
        .map(|(path, text)| (RelPath::parse(&path).expect("a path"), Blob::regular(text)))
        .collect();
    Catalog::from_tree(tree)?.load(None)
}

fn rendered(pack: &Pack) -> Result<Tree, String> {
    let answers = answers(pack, &[]).expect("answers");
    render(pack, &answers).map_err(|error| error.to_string())
}

/// Every way in which HFS+, APFS and NTFS, taken together, let `.git` be written.
fn git_in_disguise() -> impl Strategy<Value = String> {
    let ignored = "[\u{200c}-\u{200f}\u{202a}-\u{202e}\u{206a}-\u{206f}\u{feff}]{0,2}";
    let letters = (vec(any::<bool>(), 4), vec(ignored, 5)).prop_map(|(capital, hidden)| {
        let mut text = hidden[0].clone();
        for ((letter, capital), hidden) in ".git".chars().zip(capital).zip(&hidden[1..]) {
            text.push(if capital { letter.to_ascii_uppercase() } else { letter });
            text.push_str(hidden);
        }
        text
    });
    let short = select(&["git~1", "GIT~1", "Git~2"][..]).prop_map(str::to_owned);
    let stream = select(&["", ":x", "::$INDEX_ALLOCATION", ":$I30:$INDEX_ALLOCATION"][..]);
    (prop_oneof![3 => letters, 1 => short], "[. ]{0,3}", stream)
        .prop_map(|(name, end, stream)| format!("{name}{end}{stream}"))
}

/// Names that one system or another stores as something else, or not at all.
fn unportable() -> impl Strategy<Value = String> {
    let devices =
        select(&["con", "PRN", "Aux", "nul", "COM1", "lpt9", "com¹", "LPT³", "CONIN$"][..]);
    let device = (devices, "( ?\\.[a-z.]{1,6}[a-z])?").prop_map(|(a, b)| format!("{a}{b}"));
    prop_oneof![
        device,
        "[a-z]{1,5}[. ]{1,3}",
        "[a-z]{0,3}[<>:\"|?*][a-z]{1,3}",
        "[a-z]{1,3}[\u{ad}\u{61c}\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2069}\u{e0001}][a-z]",
        "[a-z]{1,3}[aeiouAEIOU]\u{301}[a-z]{0,3}",
        "[\u{1100}-\u{1112}][\u{1161}-\u{1175}]",
        "[A-Za-z]{1,6}~[1-9](\\.[a-z]{1,3})?",
    ]
}

/// A place for a name: in the middle of a path, or at one of its ends.
fn placed(name: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (vec("[b-y]{3,6}", 0..3), name, vec("[b-y]{3,6}", 0..3)).prop_map(|(above, name, below)| {
        above.into_iter().chain([name]).chain(below).collect::<Vec<_>>().join("/")
    })
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, cases: 256, ..ProptestConfig::default() }
}

#[test]
fn what_some_system_takes_for_git_is_no_path_anywhere() {
    proptest!(config(), |(path in placed(git_in_disguise()))| {
        prop_assert!(RelPath::parse(&path).is_err(), "{path:?}");
    });
    for good in [".gitignore", ".github/x", "git", ".git-blame-ignore-revs", "gitx~1", ".gitter"] {
        assert!(RelPath::parse(good).is_ok(), "{good}");
    }
}

#[test]
fn no_pack_writes_a_name_that_some_system_stores_otherwise() {
    proptest!(config(), |(path in placed(unportable()))| {
        let pack = made(&[&path], &[]).expect("a pack that can be read");
        prop_assert_eq!(lint(&pack).len(), 1, "{:?}", path);
        let told = rendered(&pack).expect_err(&path);
        prop_assert!(told.starts_with("error: the path `"), "{}", told);
    });
}

/// What is in a path through an answer is known only when it is rendered.
#[test]
fn an_answer_makes_no_name_that_some_system_stores_otherwise() {
    let pack = made(&["src/{= a =}.py"], &[]).expect("a pack");
    assert_eq!(lint(&pack), []);

    for value in ["aux", "a:b", "x/.git/hooks/x", "../x", "a\u{202e}b", ""] {
        let answers = answers(&pack, &[("a", value)]);
        let told = answers.and_then(|answers| render(&pack, &answers));
        assert_eq!(told.is_err(), !value.is_empty(), "{value:?}");
    }
}

/// The same name to a system that makes no difference between capital letters, or ways to write
/// an accent.
fn twins() -> impl Strategy<Value = (String, String)> {
    let pairs =
        [("a", "A"), ("ß", "SS"), ("é", "É"), ("ö", "Ö"), ("σ", "ς"), ("я", "Я"), ("ﬁ", "FI")];
    let tail = vec("[b-y]{1,4}", 0..3);
    (placed("[b-y]{3,6}".prop_map(String::from)), select(pairs.to_vec()), tail.clone(), tail)
        .prop_map(|(above, (one, other), left, right)| {
            let path = |name: &str, below: Vec<String>| {
                let parts = [above.clone(), name.to_owned()].into_iter().chain(below);
                parts.collect::<Vec<_>>().join("/")
            };
            (path(one, left), path(other, right))
        })
}

#[test]
fn twins_are_told_together_also_those_among_folders() {
    proptest!(config(), |((one, other) in twins())| {
        let pack = made(&[&one, &other], &[]).expect("a pack");
        let told = rendered(&pack).expect_err(&one);
        prop_assert!(told.contains("cannot stand side by side"), "{}", told);
        prop_assert!(told.contains("are one name to some systems"), "{}", told);
    });
}

#[test]
fn a_name_that_is_not_utf8_is_told_and_not_replaced() {
    let sandbox = Sandbox::new();
    sandbox.write("pack/pack.toml", HEAD);
    sandbox.write("pack/base/x", "x\n");
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.txt");
    std::fs::write(sandbox.join("pack/base").join(name), "x\n").expect("written");

    let output = sandbox.run(&["--pack", "pack", "new", "shop", "--yes"]);

    assert_eq!(output.status, Some(1), "{}", output.stderr);
    let told = "error: cannot use `pack/base/caf\\xe9.txt`\n  its name is not UTF-8\n";
    assert!(output.stderr.starts_with(told), "{}", output.stderr);
    assert!(!sandbox.join("shop").exists());
}

/// What users call their own files is theirs.
#[test]
fn files_of_users_with_any_name_do_not_stand_in_the_way_of_an_upgrade() {
    let sandbox = Sandbox::new();
    let created = ["--pack-version", "1.1.0", "new", "shop", "--yes", "--no-git"];
    let output = sandbox.finish(&mut sandbox.with_pack("evolving", &created));
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    let names: [&[u8]; 6] =
        [b"aux.py", b"a:b", b"README.MD", b"git~1", b"caf\xe9.txt", "cafe\u{301}".as_bytes()];
    let path = |name: &[u8]| sandbox.join("shop").join(std::ffi::OsStr::from_bytes(name));
    for name in names {
        std::fs::write(path(name), "mine\n").expect("written");
    }

    let output = sandbox.finish(&mut sandbox.with_pack("evolving", &["upgrade", "shop"]));

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    for name in names {
        assert_eq!(std::fs::read(path(name)).expect("still there"), b"mine\n");
    }
}

/// Tables of links over a few names, at every depth, so that they meet each other and files.
fn links() -> impl Strategy<Value = Vec<(String, String)>> {
    let path = vec(select(&["a", "b", "c"][..]), 1..4).prop_map(|parts| parts.join("/"));
    let parts = vec(select(&["a", "b", "c", "..", "..", ".", "f"][..]), 1..5);
    let target = (select(&["", "", "", "", "/"][..]), parts)
        .prop_map(|(root, parts)| format!("{root}{}", parts.join("/")));
    vec((path, target), 1..5)
}

/// Follows a path as the system does, through the links of a tree, and tells where it ends.
fn real(folder: &std::path::Path, path: &str) -> Option<std::path::PathBuf> {
    folder.join(path).canonicalize().ok()
}

/// The judge is the system: what is rendered is written, and every link followed.
#[test]
fn every_link_that_is_rendered_leads_to_something_inside() {
    let files = ["f", "a/f", "b/a/f", "c/b/a/f"];
    proptest!(config(), |(links in links(), count in 1..=files.len())| {
        let pack = made(&files[..count], &links).expect("a pack");
        let Ok(tree) = rendered(&pack) else { return Ok(()) };
        let sandbox = Sandbox::new();
        let root = sandbox.path().canonicalize().expect("a real path").join("root");
        for (path, blob) in tree.iter() {
            let text = std::str::from_utf8(&blob.bytes).expect("text");
            let place = root.join(path);
            std::fs::create_dir_all(place.parent().expect("a folder")).expect("folders");
            match blob.mode {
                Mode::Link => std::os::unix::fs::symlink(text, place).expect("a link"),
                Mode::Regular | Mode::Executable => std::fs::write(place, text).expect("a file"),
            }
        }
        for (path, blob) in tree.iter().filter(|(_, blob)| blob.mode == Mode::Link) {
            let target = String::from_utf8_lossy(&blob.bytes);
            prop_assert!(!target.starts_with('/'));
            let end = real(&root, path.as_str());
            prop_assert!(
                end.as_ref().is_some_and(|end| end.starts_with(&root) && *end != root),
                "{} -> {}: {:?}", path, target, end
            );
        }
    });
}

#[test]
fn links_that_may_not_be_are_told_with_their_key() {
    let deep = "a/".repeat(40);
    let cases: [(&[(&str, &str)], &str); 9] = [
        (&[("a", "/anywhere")], "the target of a link is relative"),
        (&[("a", "")], "the target of a link is relative"),
        (&[("docs/a", "../../f")], "it leads out of the project"),
        (&[("docs/l", &format!("{deep}{}f", "../".repeat(42)))], "it leads out of the project"),
        (&[("docs/a/b", "..")], "it leads to a folder that it is in"),
        (&[("a", ".")], "it leads to a folder that it is in"),
        (&[("a", "a")], "it leads back to itself"),
        (&[("a", "b"), ("b", "a")], "it leads back to itself"),
        (&[("docs/.GitModules", "../f")], "git does not read this file"),
    ];

    for (links, reason) in cases {
        let links: Vec<_> = links.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let pack = made(&["f", "docs/x"], &links).expect("a pack");
        let told = rendered(&pack).expect_err(reason);
        assert!(told.contains("` in `pack.toml` is wrong") && told.contains(reason), "{told}");
        // What needs no other link is told before anything is asked.
        let found = lint(&pack).first().map(|found| found.details().join(" ")).unwrap_or_default();
        assert!(found.contains(reason) || links.len() > 1 || links[0].0 == links[0].1, "{found}");
    }
}

#[test]
fn links_lead_through_each_other_in_any_order() {
    let links = [("a", "z/x"), ("z", "docs"), ("gone", "nowhere"), ("far", "gone")];
    let links: Vec<_> = links.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let pack = made(&["f", "docs/x"], &links).expect("a pack");

    let tree = rendered(&pack).expect("a tree");

    let paths: Vec<&str> = tree.paths().map(RelPath::as_str).collect();
    assert_eq!(paths, ["a", "docs/x", "f", "z"]);
}

#[test]
fn nothing_is_written_below_a_link_or_in_place_of_a_file() {
    for (links, files, reason) in [
        (("a", "docs"), ["docs/x", "a/x"], "`a/x` lies below `a`"),
        (("docs/x", "../f"), ["docs/x", "f"], "two parts of the pack write `docs/x`"),
        (("a/b/c", "../../f"), ["a/b/c/d", "f"], "`a/b/c/d` lies below `a/b/c`"),
    ] {
        let pack = made(&files, &[(links.0.to_owned(), links.1.to_owned())]).expect("a pack");
        let told = rendered(&pack).expect_err(reason);
        assert!(told.contains(reason), "{told}");
    }
}
