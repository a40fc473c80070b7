//! Rendering: what answers turn a pack into.

use fastwright::render::render;
use fastwright::tree::{Blob, Mode, RelPath, Tree};

use crate::support::{answers, pack};

/// Returns the rendered files as text.
fn texts(tree: &Tree) -> Vec<(&str, &str)> {
    tree.iter()
        .map(|(path, blob)| (path.as_str(), std::str::from_utf8(&blob.bytes).expect("text")))
        .collect()
}

#[test]
fn a_small_pack_renders_paths_and_texts() {
    let pack = pack("plain");

    let tree = render(&pack, &answers(&pack, &[("name", "my-app")]).expect("answers"));

    let tree = tree.expect("a tree");
    let expected = [("README.md", "# my-app\n"), ("my_app.txt", "copied as it is: {= name =}\n")];
    assert_eq!(texts(&tree), expected);
}

#[test]
fn components_overlays_anchors_modes_and_links_render() {
    let pack = pack("evolving");
    let flags = [("style", "fancy"), ("colors", "green,red"), ("loudness", "loud")];

    let tree = render(&pack, &answers(&pack, &flags).expect("answers")).expect("a tree");

    let expected = [
        ("NOTES.md", "Notes of \"demo\".\n"),
        ("README.md", "# demo\n\nListens on 8000, 1 copies.\n"),
        ("bin/run", "#!/bin/sh\necho run\n"),
        ("docs/manual.md", "The manual, second edition.\n"),
        ("docs/start.md", "../README.md"),
        ("noise.txt", "noise\n"),
        ("parts.txt", "parts:\n  fancy 2\n  notes\n  zebra\nend\n"),
        ("services.txt", "lamp:9000\n"),
    ];
    assert_eq!(texts(&tree), expected);
    let mode = |path: &str| tree.get(&RelPath::parse(path).expect("a path")).map(|blob| blob.mode);
    assert_eq!(mode("bin/run"), Some(Mode::Executable));
    assert_eq!(mode("docs/start.md"), Some(Mode::Link));
    assert_eq!(mode("README.md"), Some(Mode::Regular));
}

#[test]
fn what_is_not_chosen_leaves_no_trace() {
    let pack = pack("evolving");

    let tree = render(&pack, &answers(&pack, &[("notes", "no")]).expect("answers"));

    let tree = tree.expect("a tree");
    let paths: Vec<&str> = tree.paths().map(RelPath::as_str).collect();
    assert_eq!(paths, ["README.md", "bin/run", "docs/manual.md", "docs/start.md", "parts.txt"]);
    let parts = tree.get(&RelPath::parse("parts.txt").expect("a path")).expect("the file");
    assert_eq!(parts.bytes, b"parts:\nend\n");
}

#[test]
fn choices_share_an_overlay_of_the_pack() {
    let head = "name = 'm'\nversion = '1.0.0'\n[[section]]\nkey = 's'\nlabel = 'S'\n";
    let question =
        "[[question]]\nkey = 'a'\nsection = 's'\nkind = 'one'\nlabel = 'A'\ndefault = 'x'\n";
    let overlay = "[[overlay]]\nfolder = 'shared/xy'\nwhen = { a = ['x', 'y'] }\n";
    let anchor = "[[anchor]]\nkey = 'lines'\nfile = 'f'\n";
    let manifest = [head, question, overlay, anchor].concat();
    let component = |order| format!("label = 'a'\nhelp = 'a'\norder = {order}\n");
    let files = [
        ("pack.toml", manifest),
        ("base/f.tera", "{= anchors.lines =}\n".to_owned()),
        ("components/a/x/component.toml", component(1)),
        ("components/a/x/fragments/lines.tera", "of x\n".to_owned()),
        ("components/a/y/component.toml", component(2)),
        ("components/a/z/component.toml", component(3)),
        ("shared/xy/files/g", "shared\n".to_owned()),
        ("shared/xy/fragments/lines.tera", "of both\n".to_owned()),
    ];
    let tree: Tree = files
        .into_iter()
        .map(|(path, text)| (RelPath::parse(path).expect("a path"), Blob::regular(text)))
        .collect();
    let pack = fastwright::pack::Catalog::from_tree(tree).expect("a catalog").load(None);
    let pack = pack.expect("a pack");
    assert_eq!(fastwright::pack::lint(&pack), []);

    for (choice, expected) in [
        ("x", vec![("f", "of both\nof x\n"), ("g", "shared\n")]),
        ("y", vec![("f", "of both\n"), ("g", "shared\n")]),
        ("z", vec![("f", "")]),
    ] {
        let answers = answers(&pack, &[("a", choice)]).expect("answers");
        let tree = render(&pack, &answers).expect("a tree");
        assert_eq!(texts(&tree), expected);
    }
}

#[test]
fn template_mistakes_name_file_line_and_column() {
    let cases = [
        ("a\n{= nope =}\n", "template base/f.tera:2:"),
        ("a\nb {= name | shout =}\n", "base/f.tera"),
        ("{% if name %}\n", "template base/f.tera:"),
        ("{= project.nope =}\n", "template base/f.tera:1:"),
        ("{= name.nope =}\n", "template base/f.tera:1:"),
    ];

    for (template, place) in cases {
        let manifest = include_str!("fixtures/plain/pack.toml");
        let files = [("pack.toml", manifest), ("base/f.tera", template)];
        let tree: Tree = files
            .iter()
            .map(|(path, text)| (RelPath::parse(path).expect("a path"), Blob::regular(*text)))
            .collect();
        let catalog = fastwright::pack::Catalog::from_tree(tree).expect("a catalog");
        let pack = catalog.load(None).expect("a pack");
        let error = render(&pack, &answers(&pack, &[]).expect("answers")).expect_err(template);
        assert!(error.to_string().contains(place), "{error}");
    }
}

#[test]
fn two_parts_cannot_write_one_file() {
    let head = "name = 'm'\nversion = '1.0.0'\n[[section]]\nkey = 's'\nlabel = 'S'\n";
    let manifest = format!(
        "{head}[[question]]\nkey = 'a'\nsection = 's'\nkind = 'bool'\nlabel = 'A'\ndefault = true\n"
    );
    let files = [
        ("pack.toml", manifest.as_str()),
        ("base/f", "one\n"),
        ("components/a/yes/component.toml", "label = 'a'\nhelp = 'a'\n"),
        ("components/a/yes/files/f", "two\n"),
    ];
    let tree: Tree = files
        .iter()
        .map(|(path, text)| (RelPath::parse(path).expect("a path"), Blob::regular(*text)))
        .collect();
    let pack = fastwright::pack::Catalog::from_tree(tree).expect("a catalog").load(None);
    let pack = pack.expect("a pack");

    let error = render(&pack, &answers(&pack, &[]).expect("answers")).expect_err("refused");

    let expected = "error: two parts of the pack write `f`\n  \
                    the second is `components/a/yes/files/f`";
    assert_eq!(error.to_string(), expected);
}
