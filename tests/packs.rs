//! Packs: formats, versions and lints.

use fastwright::pack::{Catalog, Kind, Value, lint, lint_release, lint_texts};
use fastwright::render::render;
use fastwright::tree::{Blob, RelPath, Tree};

use crate::support::{answers, catalog, pack};

/// Returns a pack of these files.
fn made(files: &[(&str, &str)]) -> fastwright::error::Result<fastwright::pack::Pack> {
    let tree: Tree = files
        .iter()
        .map(|(path, text)| (RelPath::parse(path).expect("a path"), Blob::regular(*text)))
        .collect();
    Catalog::from_tree(tree)?.load(None)
}

const HEAD: &str = "name = 'made'\nversion = '1.0.0'\n[[section]]\nkey = 's'\nlabel = 'S'\n";

/// Returns what lint says of a pack with this `pack.toml` behind the head.
fn findings(manifest: &str, more: &[(&str, &str)]) -> Vec<String> {
    let manifest = format!("{HEAD}{manifest}");
    let mut files = vec![("pack.toml", manifest.as_str())];
    files.extend(more);
    let pack = made(&files).expect("a pack that can be read");
    lint(&pack).into_iter().map(|problem| problem.details().join(" ")).collect()
}

const BOOL: &str = "[[question]]\nkey = 'a'\nsection = 's'\nkind = 'bool'\nlabel = 'A'\n";

#[test]
fn all_packs_and_all_their_versions_are_without_findings() {
    let embedded = Catalog::embedded().expect("the embedded pack");

    for catalog in [embedded, catalog("plain"), catalog("evolving")] {
        let mut newer = None;
        for version in catalog.versions().expect("versions") {
            let pack = catalog.load(Some(version));
            let pack = pack.unwrap_or_else(|error| {
                panic!("{error}\n\nhint: after changing templates run `.ci/release refresh`")
            });
            assert_eq!(lint(&pack), [], "{} {version}", pack.name);
            // What was released before the rule stays as it is.
            let texts = if newer.is_none() { lint_texts(&pack) } else { Vec::new() };
            assert_eq!(texts, [], "{}", pack.name);
            let found = newer.map(|newer| lint_release(&pack, &newer)).unwrap_or_default();
            assert_eq!(found, [], "{} after {version}", pack.name);
            newer = Some(pack);
        }
    }
}

#[test]
fn choices_are_the_component_folders_in_their_order() {
    let pack = pack("evolving");

    let style = pack.question("style").expect("the question");
    let Kind::One(choices) = &style.kind else { panic!("{style:?}") };
    let words: Vec<_> = choices.iter().map(|choice| (&*choice.value, &*choice.label)).collect();
    assert_eq!(words, [("plain", "Plain"), ("fancy", "Fancy")]);
}

#[test]
fn choices_stand_behind_those_that_they_name() {
    let component = |after: &str| format!("label = 'x'\nhelp = ''\n{after}");
    let [first, behind] = [component(""), component("after = 'near'\n")];
    let last = component("after = 'c'\n");
    let path = |choice: &str| format!("components/place/{choice}/component.toml");
    let paths = ["near", "d", "c", "a"].map(path);
    let texts = [&first, &behind, &behind, &last];
    let mut files: Vec<(&str, &str)> =
        paths.iter().zip(texts).map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let manifest = format!("{HEAD}{FAR}");
    files.extend([("pack.toml", manifest.as_str()), WAY]);

    let pack = made(&files).expect("a pack");

    let choices = pack.question("place").expect("the question").choices();
    let order: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    assert_eq!(order, ["near", "c", "a", "d"]);
}

#[test]
fn older_versions_are_overlays_over_newer_ones() {
    let catalog = catalog("evolving");

    let versions: Vec<String> =
        catalog.versions().expect("versions").iter().map(ToString::to_string).collect();
    assert_eq!(versions, ["2.0.0", "1.1.0", "1.0.0"]);
    let [old, middle, new] = ["1.0.0", "1.1.0", "2.0.0"]
        .map(|version| catalog.load(version.parse().ok()).expect("a version"));
    assert!(new.source("base/docs/manual.md").is_some());
    assert!(new.source("base/docs/guide.md").is_none());
    assert!(middle.source("base/docs/manual.md").is_none());
    assert_eq!(middle.source("base/docs/guide.md"), old.source("base/docs/guide.md"));
    assert!(middle.question("style").is_some());
    assert!(old.question("style").is_none() && old.question("look").is_some());
    assert!(old.components().next().is_none());
}

#[test]
fn a_renamed_file_without_an_entry_is_named_before_a_release() {
    let pack = |version: &str, more: &str, files: &[(&str, &str)]| {
        let manifest = format!(
            "name = 'made'\nversion = '{version}'\n[[section]]\nkey = 's'\nlabel = 'S'\n{BOOL}{more}"
        );
        made(&[&[("pack.toml", manifest.as_str())], files].concat()).expect("a pack")
    };
    let lines = "1\n2\n3\n4\n5\n6\n7\n8\n";
    let component = ("components/a/yes/component.toml", "label='y'\nhelp='h'\n");
    let old = [
        component,
        ("base/kept", lines),
        ("base/gone", "nothing is like it\n"),
        ("base/{= a =}/old.tera", lines),
        ("components/a/yes/files/named", lines),
    ];
    let new = [component, ("base/kept", lines), ("shared/files/{= a =}/new", &lines[2..])];
    let entry = "[[release]]\nversion = '1.1.0'\nrenames = [{ from = 'named', to = 'x' }]\n";

    let found = lint_release(&pack("1.0.0", "", &old), &pack("1.1.0", entry, &new));

    let found: Vec<_> =
        found.iter().map(|one| (one.details()[0].clone(), &*one.hints[0])).collect();
    let expected = (
        "`{= a =}/old` of 1.0.0 is nearly equal to `{= a =}/new`".to_owned(),
        "add `{ from = \"{= a =}/old\", to = \"{= a =}/new\" }` to the `renames` of release 1.1.0",
    );
    assert_eq!(found, [expected]);
}

#[test]
fn a_released_version_that_changed_is_refused() {
    let files = [
        ("pack.toml", HEAD),
        (
            "history/0.9.0/history.toml",
            "version = '0.9.0'\nrevision = 'abc'\ndigest = 'sha256:0000'\n",
        ),
        ("history/0.9.0/pack.toml", "name = 'made'\nversion = '0.9.0'\n"),
    ];
    let tree: Tree = files
        .iter()
        .map(|(path, text)| (RelPath::parse(path).expect("a path"), Blob::regular(*text)))
        .collect();

    let error = Catalog::from_tree(tree).expect("a catalog").load("0.9.0".parse().ok());

    let text = error.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(text.contains("version `0.9.0` has changed"), "{text}");
    let hint = "hint: keep in `history/0.9.0/` each file that has changed since, as it was in revision `abc`";
    assert!(text.ends_with(hint), "{text}");
}

#[test]
fn a_pack_that_needs_a_newer_program_is_refused() {
    let text = made(&[("pack.toml", "name = 'made'\nversion = '1.0.0'\nprogram = '99.0.0'\n")]);

    let text = text.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(text.contains("needs fastwright 99.0.0 or newer"), "{text}");
}

#[test]
fn pack_files_that_cannot_be_read_are_named_with_the_reason() {
    let unknown = format!("{HEAD}surprise = 1\n");
    let bad_key =
        format!("{HEAD}[[question]]\nkey = 'Bad-Key'\nsection = 's'\nkind = 'bool'\nlabel = 'x'\n");
    let no_choices =
        format!("{HEAD}[[question]]\nkey = 'a'\nsection = 's'\nkind = 'one'\nlabel = 'x'\n");
    let foreign = format!("{HEAD}{BOOL}min = 3\n");
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("base/x", "x\n")], "the file is missing"),
        (&[("pack.toml", &unknown)], "unknown field `surprise`"),
        (&[("pack.toml", &bad_key)], "`Bad-Key` is no key"),
        (&[("pack.toml", &no_choices)], "question `a` has no choices"),
        (&[("pack.toml", &foreign)], "`min`, which its kind does not take"),
        (
            &[("pack.toml", HEAD), ("components/a/b/component.toml", "label = 3\n")],
            "components/a/b/component.toml",
        ),
    ];

    for (files, reason) in cases {
        let text = made(files).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(text.starts_with("error: pack file `") && text.contains(reason), "{text}");
    }
}

#[test]
fn lint_finds_what_a_pack_must_not_have() {
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case; 12] = [
        (&format!("{BOOL}{BOOL}"), &[], "question `a` stands twice"),
        (&BOOL.replace("'s'", "'t'"), &[], "in section `t`, which is not there"),
        (&format!("{BOOL}default = 3\n"), &[], "`3` is no answer to `a`"),
        (&format!("{BOOL}when = {{ b = 1 }}\notherwise = false\n"), &[], "no question `b`"),
        (&format!("{BOOL}when = {{ a = true }}\notherwise = false\n"), &[], "depends on itself"),
        (
            &format!("{BOOL}[[conflict]]\nwhen = {{ a = 'x' }}\nreason = 'r'\n"),
            &[],
            "`x` is no answer to `a`",
        ),
        ("[[anchor]]\nkey = 'k'\nfile = 'f'\n", &[], "no template of `f` prints the anchor `k`"),
        (
            BOOL,
            &[("components/a/no/component.toml", "label='n'\nhelp='h'\n")],
            "one component, `yes`",
        ),
        (BOOL, &[("components/z/x/component.toml", "label='n'\nhelp='h'\n")], "no question `z`"),
        (BOOL, &[("components/a/yes/fragments/k.tera", "x\n")], "no anchor has this name"),
        (BOOL, &[("base/f", "trailing \n")], "line 1 ends in blanks"),
        (
            "[[question]]\nkey = 'a'\nsection = 's'\nkind = 'one'\nlabel = 'A'\n",
            &[
                ("components/a/x/component.toml", "label='n'\nhelp='h'\n"),
                ("base/f.tera", "x\n{% if a == 'x' %}\ny\n{% endif %}\n"),
            ],
            "line 2 tests `a`",
        ),
    ];

    for (manifest, files, reason) in cases {
        let found = findings(manifest, files);
        assert!(found.iter().any(|finding| finding.contains(reason)), "{reason}: {found:?}");
    }
    assert_eq!(findings(BOOL, &[]), Vec::<String>::new());
}

#[test]
fn a_template_that_prints_a_text_without_a_filter_is_named_with_its_line() {
    let text = "[[question]]\nkey = 'a'\nsection = 's'\nkind = 'text'\nlabel = 'A'\n";
    let any = format!("{HEAD}{text}default = 'x'\n");
    let inert = format!("{HEAD}{text}default = 'x'\npattern = '[a-z0-9.-]+'\n");
    let anchor = format!("{any}[[anchor]]\nkey = 'k'\nfile = 'f.toml'\n");
    let found = |manifest: &str, path: &str, text: &str| {
        let files =
            [("pack.toml", manifest), (path, text), ("base/f.toml.tera", "{= anchors.k =}\n")];
        let pack = made(&files).expect("a pack");
        let found = lint_texts(&pack).into_iter();
        found.map(|one| format!("{} {}", one.message, one.details().join(" "))).collect::<Vec<_>>()
    };
    let wrong = [
        (
            &any,
            "base/x.yaml.tera",
            "a: 1\nb: {= a =}\n",
            "line 2 prints `a` bare; end it in `yaml`",
        ),
        (&any, "base/x.md.tera", "{= a | toml_string =}\n", "bare; end it in `markdown`"),
        (&any, "base/x.conf.tera", "{= a =}\n", "there is no filter for such a file"),
        (&any, "base/x.py.tera", "{% set b = a %}\n", "under another name"),
        (&anchor, "shared/x/fragments/k.tera", "{= a =}\n", "bare; end it in `toml_string`"),
        (&inert, "base/x.yaml.tera", "b: [{= a =}]\n", "as a whole value; end it in `yaml`"),
    ];
    let right = [
        (&any, "base/x.yaml.tera", "b: {= a | yaml =}\n"),
        (&any, "base/Dockerfile.tera", "LABEL a={= a | docker_string =}\n"),
        (&inert, "base/x.yaml.tera", "b: {= a =}-tls\n"),
        (&inert, "base/x.conf.tera", "name {= a =};\n"),
    ];

    for (manifest, path, text, reason) in wrong {
        let found = found(manifest, path, text);
        assert!(
            found.len() == 1 && found[0].contains(reason) && found[0].contains(path),
            "{found:?}"
        );
    }
    for (manifest, path, text) in right {
        assert_eq!(found(manifest, path, text), [""; 0], "{text}");
    }
}

#[test]
fn a_package_cannot_have_the_name_of_what_stands_beside_it() {
    let pack = Catalog::embedded().expect("the pack").load(None).expect("the pack");
    let rules = pack.reserved.iter().filter(|one| one.question.as_str() == "package");
    let reserved: Vec<&String> = rules.flat_map(|one| &one.values).collect();

    for (path, _) in pack.templates() {
        let beside = path.strip_prefix("tests/").unwrap_or(path);
        let name = match beside.split_once('/') {
            Some((folder, _)) => folder,
            None => beside.strip_suffix(".py").unwrap_or(""),
        };
        let is_package =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(!is_package || reserved.iter().any(|one| *one == name), "{path}");
    }
}

#[test]
fn a_choice_stands_for_its_component() {
    let pack = pack("evolving");
    let of = |key: &str, value: Value| {
        let question = pack.question(key).expect("the question");
        let chosen = pack.chosen(question, &value);
        chosen.map(|component| component.label.clone()).collect::<Vec<_>>()
    };

    assert_eq!(of("style", Value::from("fancy")), ["Fancy"]);
    assert_eq!(of("notes", Value::Bool(true)), ["Notes"]);
    assert_eq!(of("notes", Value::Bool(false)), Vec::<String>::new());
    assert_eq!(of("copies", Value::Integer(3)), Vec::<String>::new());
}

#[test]
fn notes_are_those_of_the_versions_in_between_the_oldest_first() {
    let catalog = catalog("evolving");
    let version = |text: &str| text.parse().expect("a version");
    let notes = |from: &str, to: &str| {
        let pack = catalog.load(Some(version(to))).expect("a version");
        let notes = pack.notes(version(from)).into_iter();
        notes.map(|notes| format!("{} {}", notes.version, notes.text)).collect::<Vec<_>>()
    };

    let expected = ["1.1.0 - Parts are listed.", "2.0.0 - The guide is called manual."];
    assert_eq!(notes("1.0.0", "2.0.0"), expected);
    assert_eq!(notes("1.0.0", "1.1.0"), expected[..1]);
    assert_eq!(notes("2.0.0", "2.0.0"), [""; 0]);
}

/// What a project came from is rendered again for each upgrade: if a newer program rendered it
/// otherwise, every project would be refused. `BLESS=1` adds a version, and never
/// rewrites one.
#[test]
fn a_released_version_is_rendered_as_it_always_was() {
    let catalog = Catalog::embedded().expect("the embedded pack");
    for version in catalog.versions().expect("versions").into_iter().skip(1) {
        let pack = catalog.load(Some(version)).expect("a good version");
        let mut text = String::new();
        for flags in std::iter::once(Vec::new()).chain(crate::snapshots::options(&pack)) {
            let values =
                flags.iter().map(|flag| match flag.trim_start_matches('-').split_once('=') {
                    Some(pair) => pair,
                    None => (flag.trim_start_matches("--no-"), "false"),
                });
            let answers: Vec<_> = std::iter::once(("name", "shop-api")).chain(values).collect();
            let answers = crate::support::answers(&pack, &answers).expect("answers");
            let tree = fastwright::render::render(&pack, &answers).expect("a tree");
            let line = format!("{} {}", tree.digest(), flags.join(" "));
            text.extend([line.trim_end(), "\n"]);
        }
        let path =
            crate::support::manifest("tests/fixtures/released").join(format!("{version}.txt"));
        if !path.exists() && std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &text).expect("written");
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, known, "{version} is rendered otherwise than when it was released");
    }
}

/// A question with the choices `near` and `far`, a fact, an anchor, and a number.
const FAR: &str = "
[[question]]
key = 'place'
section = 's'
kind = 'one'
label = 'Place'
default = 'near'
[[question]]
key = 'count'
section = 's'
kind = 'integer'
label = 'Count'
min = 1
max = 4
default = 1
[[fact]]
key = 'is_far'
question = 'place'
help = 'It is not here'
default = false
[[anchor]]
key = 'way'
file = 'way.txt'
";

const WAY: (&str, &str) = ("base/way.txt.tera", "{= facts.is_far =}\n{= anchors.way =}\n");
const NEAR: (&str, &str) = ("components/place/near/component.toml", "label = 'Near'\nhelp = ''\n");

#[test]
fn a_fact_is_what_the_choice_says_or_its_default() {
    let far = "label = 'Far'\nhelp = ''\nafter = 'near'\nfacts = { is_far = true }\n[[overlay]]\n\
               folder = 'road'\nwhen = { is_far = true, count = { min = 2, max = 3 } }\n";
    let overlay = "[[overlay]]\nfolder = 'stay'\nwhen = { place = { not = 'far' } }\n";
    let pack = made(&[
        ("pack.toml", &format!("{HEAD}{FAR}{overlay}")),
        WAY,
        NEAR,
        ("components/place/far/component.toml", far),
        ("components/place/far/road/fragments/way.tera", "by road\n"),
        ("stay/fragments/way.tera", "none\n"),
    ])
    .expect("a pack");
    assert_eq!(lint(&pack), []);
    let cases = [
        ("near", "2", "false\nnone\n"),
        ("far", "1", "true\n"),
        ("far", "2", "true\nby road\n"),
        ("far", "4", "true\n"),
    ];

    for (place, count, expected) in cases {
        let given = [("place", place), ("count", count)];
        let tree = render(&pack, &answers(&pack, &given).expect("accepted")).expect("a tree");

        let way = tree.get(&RelPath::parse("way.txt").expect("a path")).expect("the file");
        assert_eq!(String::from_utf8_lossy(&way.bytes), expected, "{given:?}");
    }
}

#[test]
fn wrong_facts_and_conditions_are_told() {
    let far = |more: &str| format!("label = 'Far'\nhelp = ''\n{more}\n");
    let cases = [
        ("", "facts = { is_near = true }", "no `[[fact]]` of pack.toml is `is_near`"),
        ("", "facts = { is_far = 'very' }", "`very` is no value of the fact `is_far`"),
        ("", "after = 'here'", "`here` is no answer to `place`"),
        (
            "[[fact]]\nkey = 'count'\nquestion = 'place'\nhelp = ''\ndefault = 1",
            "",
            "the name `count`",
        ),
        ("[[fact]]\nkey = 'b'\nquestion = 'b'\nhelp = ''\ndefault = 1", "", "no question `b`"),
        (
            "[[contract]]\nquestion = 'place'\nbecause = ''\nfragments = ['door']",
            "",
            "a contract names no anchor: `door`",
        ),
    ];
    for (manifest, component, expected) in cases {
        let component = far(component);
        let files = [WAY, NEAR, ("components/place/far/component.toml", component.as_str())];
        let found = findings(&format!("{FAR}{manifest}\n"), &files);

        assert!(found.iter().any(|reason| reason.contains(expected)), "{expected}: {found:?}");
    }
    let unreadable = [
        ("place = { not = 'here' }", "`here` is no answer to `place`"),
        ("place = { min = 2 }", "the condition of `place` never holds"),
        ("place = { least = 2 }", "`least` is none of `not`, `min` and `max`"),
        ("count = { min = 9 }", "the condition of `count` never holds"),
        ("name = { not = 'here' }", "`name` is no choice"),
    ];
    for (when, expected) in unreadable {
        let conflict = format!("{HEAD}{FAR}[[conflict]]\nwhen = {{ {when} }}\nreason = ''\n");
        let error = made(&[("pack.toml", &conflict), WAY, NEAR]).expect_err("refused").to_string();

        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn a_contract_names_what_a_choice_lacks_and_where_it_belongs() {
    let contracts = "[[contract]]\nquestion = 'place'\nexcept = ['near']\nfragments = ['way']\n\
                     files = ['map.txt']\nfacts = ['is_far']\nbecause = 'nobody finds it'\n\
                     [[contract]]\nquestion = 'place'\nexcept = ['near']\nwhen = { count = { min = 3 } }\n\
                     files = ['list.txt']\nbecause = 'they are many'\n";
    let manifest = format!("{HEAD}{FAR}{contracts}");
    let plain = "label = 'Far'\nhelp = ''\n";
    let overlay = |when: &str| {
        format!(
            "{plain}facts = {{ is_far = true }}\n[[overlay]]\nfolder = 'many'\nwhen = {{ {when} }}\n"
        )
    };
    let whole = overlay("count = { min = 2 }");
    let partly = overlay("count = 4");
    let component = |text| ("components/place/far/component.toml", text);
    let told = |far: &[(&str, &str)]| {
        let files = [&[("pack.toml", manifest.as_str()), WAY, NEAR], far].concat();
        let problems = lint(&made(&files).expect("a pack"));
        problems
            .iter()
            .map(|it| {
                let causes: Vec<String> = it.causes.iter().map(ToString::to_string).collect();
                format!("{}: {}", it.message, causes.join(", "))
            })
            .collect::<Vec<_>>()
    };
    let given = [
        ("components/place/far/fragments/way.tera", "far\n"),
        ("components/place/far/files/map.txt.tera", "far\n"),
        ("components/place/far/many/files/list.txt", "far\n"),
    ];

    assert_eq!(
        told(&[component(plain)]),
        [
            "`far` of `place` lacks the fact `is_far`: nobody finds it, it belongs in `components/place/far/component.toml`",
            "`far` of `place` lacks a fragment for `way`: nobody finds it, it belongs in `components/place/far/fragments/way.tera`",
            "`far` of `place` lacks the file `map.txt`: nobody finds it, it belongs in `components/place/far/files/map.txt.tera`",
            "`far` of `place` lacks the file `list.txt`: they are many, it belongs in `components/place/far/FOLDER/files/list.txt.tera`, where an `[[overlay]]` has `when = { count = [3, 4] }`",
        ]
    );
    assert_eq!(told(&[&[component(&whole)][..], &given].concat()), [""; 0]);
    // An overlay that is used for some of the answers does not do, nor one that nothing names.
    let unnamed = format!("{plain}facts = {{ is_far = true }}\n");
    for component in [component(&partly), component(&unnamed)] {
        let told = told(&[&[component][..], &given].concat());
        assert_eq!(told.len(), 1, "{told:?}");
        let there =
            "`components/place/far/many/files/list.txt` is there, but is not always used then";
        assert!(told.iter().all(|problem| problem.contains(there)), "{told:?}");
    }
    // What is blank gives nothing.
    let blank = [("components/place/far/fragments/way.tera", "\n"), given[1], given[2]];
    assert_eq!(told(&[&[component(&whole)][..], &blank].concat()).len(), 1);
}
