//! What is not chosen leaves no trace: no word of it stands in the tree.

use std::collections::BTreeSet;

use fastwright::pack::{Catalog, Pack};
use fastwright::render::render;
use fastwright::tree::Tree;

use crate::support::{Strength, answers, cover, every_two_choices, given, pack};

/// The words of choices: the question, who may use them, and the words.
const WORDS: &[(&str, &[&str], &[&str])] = &[
    ("database", &["postgres"], &["postgres", "asyncpg", "pgserver"]),
    ("database", &["mariadb"], &["mariadb", "mysql"]),
    ("database", &["sqlite"], &["sqlite"]),
    ("connections", &["raised"], &["for operators"]),
    ("server", &["gunicorn"], &["gunicorn"]),
    ("server", &["granian"], &["granian"]),
    ("tasks", &["taskiq"], &["taskiq"]),
    ("tasks", &["celery"], &["celery"]),
    ("tasks", &["dramatiq"], &["dramatiq"]),
    ("tasks", &["taskiq", "celery", "dramatiq"], &["valkey", "broker"]),
    ("proxy", &["nginx"], &["nginx"]),
    ("proxy", &["traefik"], &["traefik"]),
    ("proxy", &["envoy"], &["envoy"]),
    ("tls", &["files"], &["renewed certificate", "install -m 644 fullchain"]),
    ("tls", &["acme"], &["acme", "let's encrypt", "certbot"]),
    (
        "tls",
        &["files", "acme"],
        &["ssl_protocols", "versiontls12", "tls_minimum_protocol", "certificate chain"],
    ),
    ("tls", &["upstream"], &["stranger", "the balancer's addresses"]),
    ("orchestrator", &["compose", "kubernetes", "none"], &["dockerfile", ".dockerignore"]),
    ("orchestrator", &["compose"], &["deploy/compose", "compose.yaml", "docker compose up"]),
    ("orchestrator", &["kubernetes"], &["kubernetes", "kubectl", "kustom", "pod"]),
    ("orchestrator", &["systemd"], &["systemd", "journalctl"]),
    // A host with containers has units as well, such as Docker's.
    ("orchestrator", &["compose", "systemd"], &["systemctl"]),
    ("ci", &["gitlab"], &["gitlab", "renovate"]),
    ("ci", &["github"], &[".github/", "actions/checkout", "dependabot"]),
    ("tracing", &["true"], &["opentelemetry", "otel", "trace_id"]),
    ("metrics", &["true"], &["/metrics", "prometheus", "grafana"]),
];

/// Returns each place where a word stands as one, whatever its case: in a path or in a line.
fn places(tree: &Tree, word: &str) -> Vec<String> {
    let stands = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.match_indices(word).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            !before.is_some_and(|c| c.is_ascii_alphabetic()) || word.contains(['.', '/'])
        })
    };
    let mut places = Vec::new();
    for (path, blob) in tree.iter().filter(|(path, _)| !path.as_str().starts_with("requirements")) {
        if stands(path.as_str()) {
            places.push(path.to_string());
        }
        let text = String::from_utf8_lossy(&blob.bytes);
        let lines = text.lines().enumerate().filter(|(_, line)| stands(line));
        places.extend(lines.map(|(number, line)| format!("{path}:{}: {line}", number + 1)));
    }
    places
}

#[test]
fn what_is_not_chosen_is_not_spoken_of() {
    let pack = Catalog::embedded().expect("the pack").load(None).expect("the pack");
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let sets = crate::snapshots::options(&pack).into_iter().chain(edges(&pack));
    for flags in sets.chain(std::iter::once(Vec::new())) {
        let flags = given(&flags);
        let given: Vec<(&str, &str)> =
            flags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let answers = answers(&pack, &given).expect("accepted");
        let tree = render(&pack, &answers).expect("a tree");
        let is = |key: &str, value: &str| {
            answers.get(key).is_some_and(|answer| answer.to_string() == value)
        };
        for (key, values, words) in WORDS {
            let used = values.iter().any(|value| is(key, value));
            for word in *words {
                let places = places(&tree, word);
                if used && !places.is_empty() {
                    seen.insert(*word);
                }
                if !used {
                    found.extend(places.iter().map(|place| format!("{given:?} {word}: {place}")));
                }
            }
        }
    }

    assert!(found.is_empty(), "{found:#?}");
    // A word that stands nowhere would prove nothing.
    let all: BTreeSet<&str> = WORDS.iter().flat_map(|(_, _, words)| *words).copied().collect();
    assert_eq!(seen, all);
}

/// Returns as flags how requests may come in: three questions whose choices share files.
fn edges(pack: &Pack) -> Vec<Vec<String>> {
    let choices = |key: &str| {
        let question = pack.questions.iter().find(|one| one.key.as_str() == key);
        question.expect("a question").choices()
    };
    let mut edges = Vec::new();
    for orchestrator in choices("orchestrator") {
        for proxy in choices("proxy") {
            for tls in choices("tls") {
                let keys = ["orchestrator", "proxy", "tls"];
                let values = [orchestrator, proxy, tls].map(|choice| choice.value.as_str());
                let given: Vec<_> = keys.into_iter().zip(values).collect();
                if answers(pack, &given).is_ok() {
                    let flags = given.iter().map(|(key, value)| format!("--{key}={value}"));
                    edges.push(flags.collect());
                }
            }
        }
    }
    edges
}

#[test]
fn every_question_with_choices_has_its_words() {
    let pack = Catalog::embedded().expect("the pack").load(None).expect("the pack");
    // What changes a value and adds no feature; uvicorn serves in development, whatever the server.
    let values = ["python"];
    let without = ["usual", "uvicorn"];
    for question in &pack.questions {
        let key = question.key.as_str();
        for choice in question.choices().iter().filter(|choice| choice.value != "none") {
            let known = WORDS
                .iter()
                .any(|(k, values, _)| *k == key && values.contains(&choice.value.as_str()));
            let excepted = values.contains(&key) || without.contains(&&*choice.value);
            assert!(known || excepted, "{key}={} has no words", choice.value);
        }
    }
}

#[test]
fn no_repository_has_a_hundred_files() {
    for (flags, tree) in every_two_choices() {
        let count = tree.paths().count();

        assert!(count < 100, "{count} files: {flags:?}");
    }
}

#[test]
fn no_readme_has_two_blank_lines_in_a_row() {
    for (flags, tree) in every_two_choices() {
        for (path, blob) in tree.iter().filter(|(path, _)| path.as_str().ends_with("README.md")) {
            let text = String::from_utf8_lossy(&blob.bytes);
            let before = text.split_once("\n\n\n").map(|(before, _)| before.lines().last());
            assert_eq!(before, None, "{path}: {flags:?}");
        }
    }
}

#[test]
fn a_cover_of_pairs_has_every_pair_that_is_accepted() {
    let pack = pack("evolving");
    let sets: Vec<Vec<(String, String)>> =
        cover(&pack, Strength::Pairs).iter().map(|flags| given(flags)).collect();
    let all: BTreeSet<&(String, String)> = sets.iter().flatten().collect();

    for one in &all {
        for other in all.iter().filter(|other| other.0 > one.0) {
            let given = [(one.0.as_str(), one.1.as_str()), (other.0.as_str(), other.1.as_str())];
            let meet = sets.iter().any(|set| set.contains(one) && set.contains(other));
            assert!(meet || answers(&pack, &given).is_err(), "{given:?} never meet");
        }
    }
    assert_eq!(all.len(), 4, "{all:?}");
}
