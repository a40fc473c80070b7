//! Answers: kinds, defaults, conditions, precedence, and every problem at once.

use fastwright::answer::{Given, Layer, Source, migrate, read, recorded, resolve, schema, write};
use fastwright::pack::{Catalog, Value};

use crate::support::{answers, layers, pack, refusal};

#[test]
fn defaults_come_from_cases_other_answers_and_the_folder() {
    let pack = pack("evolving");

    let plain = answers(&pack, &[]).expect("answers");
    let fancy = answers(&pack, &[("style", "fancy"), ("colors", "blue,green")]).expect("answers");

    assert_eq!(plain.get("name"), Some(&Value::from("demo")));
    assert_eq!(plain.get("copies"), Some(&Value::Integer(4)));
    assert_eq!(plain.get("loudness"), Some(&Value::from("quiet")));
    assert_eq!(fancy.get("copies"), Some(&Value::Integer(1)));
    let colors = Value::Many(vec!["green".to_owned(), "blue".to_owned()]);
    assert_eq!(fancy.get("colors"), Some(&colors));
}

#[test]
fn a_wrong_answer_is_told_with_its_source_and_the_nearest_valid_one() {
    let pack = pack("evolving");
    let cases = [
        (
            ("style", "fanci"),
            "error: `style` is `fanci`, and takes one of `plain`, `fancy`\n  \
             style came from --style\n\nhint: did you mean `fancy`?",
        ),
        (
            ("copies", "12"),
            "error: `copies` is `12`, and takes a number from 1 to 9\n  \
             copies came from --copies\n\nhint: the nearest is `9`",
        ),
        (
            ("copies", "many"),
            "error: `copies` is `many`, and takes a number from 1 to 9\n  \
             copies came from --copies",
        ),
        (
            ("notes", "maybe"),
            "error: `notes` is `maybe`, and takes `true` or `false`\n  notes came from --notes",
        ),
        (
            ("name", "Shop API-"),
            "error: `name` is `Shop API-`, and takes lower-case letters, digits and hyphens, \
             with a letter first and no hyphen last\n  name came from --name\n\n\
             hint: for example `--name shop-api`",
        ),
        (
            ("name", "test"),
            "error: `name` is `test`, a name that is taken\n  name came from --name\n\n\
             hint: for example `--name test-app`",
        ),
        (
            ("name", "shop\u{430}pi"),
            "error: `name` is `shop\u{430}pi`, and takes lower-case letters, digits and hyphens, \
             with a letter first and no hyphen last\n  name came from --name\n\n\
             hint: for example `--name shop-pi`",
        ),
        (
            ("name", "a\nb"),
            "error: `name` is `a\\nb`, and takes one line without `\\n`\n  name came from --name",
        ),
        (
            ("name", "aaaaaaaaaaaaaaaaaaaaa"),
            "error: `name` has 21 characters, and takes at most 20\n  name came from --name\n\n\
             hint: for example `--name aaaaaaaaaaaaaaaaaaaa`",
        ),
        (
            ("colors", "red,pink"),
            "error: `colors` is `pink`, and takes one of `red`, `green`, `blue`\n  \
             colors came from --colors",
        ),
        (
            ("loudness", "loud"),
            "error: `loudness` is `loud`, and is asked only with `style` = `fancy`\n  \
             loudness came from --loudness\n\nhint: leave `loudness` out",
        ),
    ];

    for (flag, expected) in cases {
        assert_eq!(refusal(&pack, &[flag]), expected);
    }
}

#[test]
fn answers_that_cannot_stand_together_are_told_with_reason_and_a_way_out() {
    let pack = pack("evolving");
    let cases: [(&[(&str, &str)], &str); 3] = [
        (
            &[("copies", "8")],
            "error: `copies` = `8` cannot be combined with `notes` = `true`\n  \
             because so many copies cannot be explained\n  \
             copies came from --copies, notes came from its default\n\n\
             hint: choose `--no-notes`",
        ),
        (
            &[("style", "fancy")],
            "error: `style` is `fancy`, which needs `colors` = `green` or `blue`\n  \
             because red alone is not fancy\n  \
             style came from --style, colors came from its default\n\n\
             hint: choose `--colors green`",
        ),
        (
            &[("style", "fancy"), ("colors", "green"), ("copies", "5")],
            "error: `style` is `fancy`, which cannot be combined with `copies` = `5` or `6` \
             and `notes` = `true`\n  because there is no room left\n  style came from --style, \
             copies came from --copies, notes came from its default\n\nhint: choose `--copies 4`",
        ),
    ];

    for (flags, expected) in cases {
        assert_eq!(refusal(&pack, flags), expected);
    }
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_questions() {
    let pack = pack("evolving");

    let text =
        refusal(&pack, &[("style", "x"), ("copies", "0"), ("name", "-"), ("stile", "plain")]);

    let firsts: Vec<&str> = text.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(firsts.len(), 4, "{text}");
    assert!(firsts[0].contains("no question `stile`"), "{text}");
    assert!(firsts[1].contains("`name`") && firsts[2].contains("`copies`"), "{text}");
    assert!(firsts[3].contains("`style`"), "{text}");
    assert!(text.contains("hint: did you mean `style`?"), "{text}");
}

#[test]
fn the_first_layer_with_an_answer_counts() {
    let pack = pack("evolving");
    let mut layers = layers(&[("copies", "2")]);
    let weaker = read("answers.toml", b"copies = 3\nstyle = 'plain'\nnotes = false\n");
    layers.layers.push(weaker.expect("an answers file"));
    let mut environment = Layer::new();
    let variable = Source::Environment("FASTWRIGHT_NOTES".to_owned());
    environment.insert("notes", Given::Text("yes".to_owned()), variable);
    layers.layers.push(environment);

    let answers = resolve(&pack, &layers).complete(&pack).expect("answers");

    assert_eq!(answers.get("copies"), Some(&Value::Integer(2)));
    assert_eq!(answers.get("notes"), Some(&Value::Bool(false)));
}

#[test]
fn answers_files_tell_the_line_of_what_is_wrong() {
    let pack = pack("evolving");
    let cases = [
        ("answers.toml", "# mine\n\nstyle = 'blue'\n", "style came from answers.toml line 3"),
        ("answers.toml", "copies = 1.5\n", "`copies` is a fraction, and takes a number"),
        ("answers.toml", "notes = 'yes'\n", "`notes` is a text, and takes a boolean"),
        (
            "answers.toml",
            "[style]\nx = 1\n",
            "`style` is a table, and takes the text of one choice",
        ),
        (
            "answers.toml",
            "colour = 1\n",
            "there is no question `colour`\n  it came from answers.toml line 1",
        ),
        ("answers.json", "{\"copies\": \"2\"}", "`copies` is a text, and takes a number"),
        ("answers.json", "{\"style\": null}", "`style` is null, and takes the text of one choice"),
    ];

    for (name, text, expected) in cases {
        let mut layers = layers(&[]);
        layers.layers.push(read(name, text.as_bytes()).expect("an answers file"));
        let error = resolve(&pack, &layers).complete(&pack).expect_err("refused").to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn answers_files_that_are_none_are_refused_with_the_reason() {
    let huge = vec![b'#'; (1 << 20) + 1];
    let cases: [(&str, &[u8], &str); 7] = [
        ("a.toml", b"style = ", "TOML parse error at line 1, column 9"),
        ("a.toml", b"a = 1\na = 2\n", "duplicate key"),
        ("a.toml", b"\xff\xfe\x00", "it is no text: byte 0 is not UTF-8"),
        ("a.toml", &huge, "it is larger than 1024 KiB"),
        ("a.json", b"{\"a\": 1", "EOF while parsing an object at line 1"),
        ("a.json", b"{\"a\": 1, \"a\": 2}", "duplicate key `a`"),
        ("a.json", b"[]", "expected an object of answers"),
    ];

    for (name, bytes, reason) in cases {
        let error = read(name, bytes).expect_err("refused");
        assert_eq!(error.exit().status(), 2);
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("error: answers file `{name}` cannot be read")),
            "{text}"
        );
        assert!(text.contains(reason), "{text}");
    }
}

#[test]
fn written_answers_read_the_same() {
    use fastwright::answer::Format;
    let pack = pack("evolving");
    let flags = [("style", "fancy"), ("colors", "green"), ("notes", "no"), ("loudness", "loud")];
    let given = answers(&pack, &flags).expect("answers");

    for (name, format) in [("a.toml", Format::Toml), ("a.json", Format::Json)] {
        let text = write(&pack, &given, format);
        let mut layers = layers(&[]);
        layers.layers = vec![read(name, text.as_bytes()).expect("an answers file")];
        let again = resolve(&pack, &layers).complete(&pack).expect("answers");
        assert!(given.iter().eq(again.iter()), "{text}");
    }
}

#[test]
fn minimal_answers_give_all_of_them_again() {
    let pack = pack("evolving");
    let flags = [("name", "demo"), ("style", "fancy"), ("colors", "green"), ("copies", "1")];
    let given = answers(&pack, &flags).expect("answers");

    let minimal = given.minimal(&pack, Some("demo"));

    let keys: Vec<String> = minimal.iter().map(|(key, _)| key.to_string()).collect();
    assert_eq!(keys, ["style", "colors"]);
}

#[test]
fn missing_answers_name_their_flags() {
    let pack = pack("evolving");
    let mut layers = layers(&[("name", "demo"), ("style", "fancy"), ("colors", "green")]);
    layers.unanswered = fastwright::answer::Unanswered::Missing;

    let error = resolve(&pack, &layers).complete(&pack).expect_err("refused").to_string();

    let expected = "error: 3 questions have no answer\n  \
                    --copies NUMBER              How many run\n  \
                    --loudness CHOICE            How it sounds\n  \
                    --[no-]notes                 Whether it explains itself\n\n\
                    hint: add `--yes` to take the defaults for them";
    assert_eq!(error, expected);
}

#[test]
fn the_schema_says_what_each_question_takes() {
    let schema = schema(&pack("evolving"));

    assert_eq!(schema["additionalProperties"], false);
    let properties = &schema["properties"];
    assert_eq!(properties["copies"]["maximum"], 9);
    assert_eq!(properties["style"]["enum"], serde_json::json!(["plain", "fancy"]));
    assert_eq!(properties["name"]["not"]["enum"], serde_json::json!(["test"]));
    assert_eq!(properties["notes"]["default"], true);
}

#[test]
fn a_name_that_something_has_is_refused_with_the_reason_and_one_that_works() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
    let systemd = ("orchestrator", "systemd");
    let kubernetes = ("orchestrator", "kubernetes");
    let cases: [(&[(&str, &str)], &str); 15] = [
        (&[systemd, ("name", "docker")], "because a Debian machine has"),
        (&[systemd, ("name", "systemd-shop")], "because a Debian machine has"),
        (&[("orchestrator", "systemd"), ("name", "postgres")], "because a Debian machine has"),
        (&[kubernetes, ("name", "kube-shop")], "because a cluster has a namespace"),
        (&[kubernetes, ("name", "default")], "because a cluster has a namespace"),
        (&[("name", "shop"), ("package", "pg_shop")], "because PostgreSQL has"),
        (&[("database", "mariadb"), ("name", "mysql")], "because MariaDB has"),
        (&[("name", "requests")], "because a package that the project"),
        (&[("name", "shop"), ("package", "dotenv")], "because a package that the project"),
        (&[("name", "shop"), ("package", "class")], "because Python has a keyword"),
        (&[("name", "dist")], "tools pass over"),
        (&[("image", "acme/shop-api")], "--image docker.io/acme/shop-api`"),
        (&[("image", "shop-api")], "--image docker.io/shop-api`"),
        (&[("description", "a\u{202e}b")], "because nobody sees that character"),
        (&[("description", "a\u{ad}b")], "takes no `\\u{ad}`"),
    ];

    for (flags, reason) in cases {
        let text = refusal(&pack, flags);
        assert!(text.contains(reason), "{flags:?}: {text}");
        // What is offered works.
        let mut mended = flags.to_vec();
        for offer in text.split("hint: for example `--").skip(1) {
            let (key, value) =
                offer.split_once('`').expect("an offer").0.split_once(' ').expect("a value");
            mended.retain(|(given, _)| *given != key);
            mended.push((key, value));
        }
        let is_text = flags.iter().any(|(key, _)| *key == "description");
        assert!(
            is_text || answers(&pack, &mended).is_ok(),
            "{mended:?}: {}",
            refusal(&pack, &mended)
        );
    }
}

#[test]
fn a_choice_reserves_names_only_where_it_is_chosen() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");

    for name in ["docker", "kube-shop", "default", "true"] {
        assert_eq!(refusal(&pack, &[("name", name)]), "", "{name}");
    }
    let sqlite = [("database", "sqlite"), ("name", "shop"), ("package", "pg_shop")];
    assert_eq!(refusal(&pack, &sqlite), "");
}

#[test]
fn a_default_made_of_a_longer_answer_is_cut_to_what_fits() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
    let name = format!("{}-{}", "a".repeat(39), "b".repeat(23));

    let answers = answers(&pack, &[("name", &name)]).expect("accepted");

    assert_eq!(answers.get("package"), Some(&Value::from(&*"a".repeat(39))));
}

#[test]
fn more_connections_than_a_database_grants_by_itself_are_an_answer() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");

    for database in ["postgres", "mariadb"] {
        let flags = [("database", database), ("workers", "64")];
        assert!(refusal(&pack, &flags).contains("`connections` = `raised`"));
        assert_eq!(refusal(&pack, &[flags[0], flags[1], ("connections", "raised")]), "");
    }
}

#[test]
fn the_schema_refuses_what_a_choice_reserves() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
    let schema = schema(&pack);

    let refused = schema["allOf"].as_array().expect("conditions").iter();
    let texts: Vec<String> = refused.map(ToString::to_string).collect();
    let has =
        |words: &[&str]| texts.iter().any(|text| words.iter().all(|word| text.contains(word)));
    assert!(has(&["\"systemd\"", "\"docker\"", "systemd-.*", "a Debian machine has"]));
    assert!(has(&["\"postgres\"", "pg_.*"]));
    assert!(schema["properties"]["name"]["not"].to_string().contains("\"requests\""));
}

/// Carries these recorded answers from one version of the evolving pack to another.
fn migrated(recorded_answers: &str, from: &str, to: &str) -> (Vec<String>, Vec<String>) {
    let catalog = crate::support::catalog("evolving");
    let load = |version: &str| catalog.load(version.parse().ok()).expect("a version");
    let table = recorded_answers.parse::<toml::Table>().expect("toml");

    let migrated = migrate(recorded(&table), &load(from), &load(to));

    let answers = migrated.layer.iter().map(|(key, given, _)| match given {
        Given::Value(value) => format!("{key}={value}"),
        Given::Text(_) | Given::Foreign(_) => panic!("{key} is no value"),
    });
    (answers.collect(), migrated.steps.iter().map(ToString::to_string).collect())
}

#[test]
fn recorded_answers_are_renamed_mapped_and_dropped_by_data_and_told() {
    let old = "look = 'gaudy'\nlegacy = true\nname = 'shop'\n";

    let (answers, steps) = migrated(old, "1.0.0", "2.0.0");

    assert_eq!(answers, ["name=shop", "style=fancy"]);
    let expected = [
        "`look` is called `style` now",
        "`legacy` = `true` is dropped: nothing asks for it any more",
        "`style` = `gaudy` is written `fancy` now",
    ];
    assert_eq!(steps, expected);
}

#[test]
fn an_answer_that_a_version_no_longer_asks_for_is_dropped_without_data_too() {
    let (answers, steps) = migrated("look = 'plain'\nmine = 1\n", "1.0.0", "1.1.0");

    // `mine` was never asked for: it is a mistake, which `resolve` tells.
    assert_eq!(answers, ["mine=1"]);
    assert_eq!(steps, ["`look` = `plain` is dropped: nothing asks for it any more"]);
}

#[test]
fn recorded_answers_stay_as_they_are_within_a_version() {
    let (answers, steps) = migrated("style = 'gaudy'\nlook = 'x'\n", "2.0.0", "2.0.0");

    assert_eq!(answers, ["look=x", "style=gaudy"]);
    assert_eq!(steps, [""; 0]);
}
