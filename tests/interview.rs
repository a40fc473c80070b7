//! The rules of asking: what is an answer, what follows from it, and how a conflict is mended.

use fastwright::answer::{
    Given, Interview, Layer, Layers, Source, Unanswered, followers, new_problems, with,
};
use fastwright::pack::{Catalog, Key, Pack, Value};
use fastwright::tree::{Blob, RelPath};

use crate::support::pack;

fn with_interview<R>(pack: &Pack, test: impl FnOnce(Interview<'_>) -> R) -> R {
    let layers = Layers { layers: Vec::new(), directory: None, unanswered: Unanswered::Default };
    test(Interview::new(pack, &layers, Some("demo")))
}

fn give(interview: Interview<'_>, pack: &Pack, given: &Layer, key: &str, text: &str) -> Layer {
    let question = pack.question(key).expect("a question");
    interview.give(given, question, Given::Text(text.to_owned()))
}

fn value(interview: Interview<'_>, given: &Layer, key: &str) -> String {
    interview.hold(given).now.answers[key].value.to_string()
}

#[test]
fn a_default_that_is_taken_as_it_stands_follows_other_answers() {
    let pack = pack("evolving");
    with_interview(&pack, |interview| {
        let none = Layer::new();
        let taken = give(interview, &pack, &none, "copies", "4");
        assert_eq!(taken, none, "it is no answer");

        let fix = [(key(&pack, "colors"), Value::from("green"))];
        let fancy = with(&give(interview, &pack, &taken, "style", "fancy"), &fix);

        assert_eq!(value(interview, &fancy, "copies"), "1");
        let (before, after) = (interview.hold(&taken).now, interview.hold(&fancy).now);
        assert_eq!(followers(&before.answers, &after.answers), [key(&pack, "copies")]);
        // What somebody gave stays, whatever the default is.
        let given = give(interview, &pack, &none, "copies", "3");
        let given = give(interview, &pack, &given, "style", "fancy");
        assert_eq!(value(interview, &given, "copies"), "3");
    });
}

#[test]
fn an_empty_text_that_is_no_answer_takes_an_answer_back() {
    let pack = pack("evolving");
    with_interview(&pack, |interview| {
        let given = give(interview, &pack, &Layer::new(), "name", "shop");
        assert_eq!(value(interview, &given, "name"), "shop");

        let back = give(interview, &pack, &given, "name", "");

        assert_eq!(back, Layer::new());
        assert_eq!(value(interview, &back, "name"), "demo");
        // Nothing is an answer where it may be one.
        let none = give(interview, &pack, &Layer::new(), "colors", "");
        assert_eq!(interview.hold(&none).now.answers["colors"].value, Value::Many(Vec::new()));
    });
}

#[test]
fn an_answer_to_a_question_that_is_not_asked_waits_and_counts_again() {
    let pack = pack("evolving");
    with_interview(&pack, |interview| {
        let given = give(interview, &pack, &Layer::new(), "colors", "green");
        let given = give(interview, &pack, &given, "style", "fancy");
        let loud = give(interview, &pack, &given, "loudness", "loud");

        let plain = give(interview, &pack, &loud, "style", "plain");
        let held = interview.hold(&plain);
        assert_eq!(held.left_out, [key(&pack, "loudness")]);
        assert!(held.now.problems.is_empty());
        let asked: Vec<&str> =
            interview.asked(&held.now).map(|question| question.key.as_str()).collect();
        assert_eq!(asked, ["name", "copies", "style", "colors", "notes"]);

        let again = give(interview, &pack, &plain, "style", "fancy");
        assert_eq!(value(interview, &again, "loudness"), "loud");
    });
}

#[test]
fn a_conflict_is_mended_as_the_pack_says_else_by_what_is_involved() {
    let pack = pack("evolving");
    let cases = [("style", "fancy", "colors", "green"), ("copies", "9", "notes", "false")];
    with_interview(&pack, |interview| {
        for (question, choice, other, mended) in cases {
            let change = (key(&pack, question), Value::from(choice));
            let now = interview.hold(&Layer::new()).now;

            let obstacle = interview.obstacle(&Layer::new(), &now, &change).expect("a conflict");

            let fix = obstacle.fix.expect("a way out");
            let fix: Vec<_> = fix.iter().map(|(key, value)| (key.as_str(), value)).collect();
            assert_eq!(fix.len(), 1);
            assert_eq!((fix[0].0, fix[0].1.to_string()), (other, mended.to_owned()));
        }
    });
}

#[test]
fn a_problem_is_the_same_by_what_is_wrong_not_by_its_words() {
    let pack = pack("evolving");
    with_interview(&pack, |interview| {
        let resolved = |answers: &[(&str, &str)], source: &Source| {
            let mut layer = Layer::new();
            for (key, text) in answers {
                layer.insert(*key, Given::Text((*text).to_owned()), source.clone());
            }
            interview.hold(&layer).now
        };
        let new = |before: &[(&str, &str)], after: &[(&str, &str)]| {
            let (before, after) = (resolved(before, &Source::Asked), resolved(after, &Source::Set));
            new_problems(&before, &after).count()
        };

        assert_eq!(new(&[("name", "No!")], &[("name", "No!")]), 0, "wherever it came from");
        assert_eq!(new(&[("name", "No!")], &[("name", "No?")]), 1);
        let many = [("copies", "8"), ("notes", "true")];
        assert_eq!(new(&many, &many), 0);
        assert_eq!(new(&many, &[("copies", "9"), ("notes", "true")]), 1, "another answer");
        assert_eq!(new(&[("odd", "1")], &[("odd", "2")]), 0, "a name that no question has");
    });
}

#[test]
fn every_choice_of_the_pack_has_a_way_out_that_brings_no_problem() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
    let mut conflicts = 0;
    with_interview(&pack, |interview| {
        let none = Layer::new();
        let now = interview.hold(&none).now;
        for question in interview.questions() {
            for choice in question.choices() {
                let change = (question.key.clone(), Value::from(choice.value.as_str()));
                let Some(obstacle) = interview.obstacle(&none, &now, &change) else { continue };
                conflicts += 1;
                let fix = obstacle.fix.unwrap_or_else(|| panic!("{change:?} has no way out"));
                let held = interview.hold(&with(&with(&none, [&change]), &fix));
                assert_eq!(new_problems(&now, &held.now).count(), 0, "{change:?} {fix:?}");
                assert_eq!(held.now.answers[&change.0].value.to_string(), choice.value);
            }
        }
    });
    assert!(conflicts > 0);
}

#[test]
fn questions_come_section_by_section_and_one_with_a_single_choice_not_at_all() {
    let text = "name = 'p'\nversion = '1.0.0'\n[[section]]\nkey = 'a'\nlabel = 'A'\n\
                [[section]]\nkey = 'b'\nlabel = 'B'\n\
                [[question]]\nkey = 'last'\nsection = 'b'\nkind = 'bool'\nlabel = 'L'\n\
                help = 'H'\ndefault = true\n\
                [[question]]\nkey = 'only'\nsection = 'a'\nkind = 'one'\nlabel = 'O'\n\
                help = 'H'\nchoices = [{ value = 'this' }]\ndefault = 'this'\n\
                [[question]]\nkey = 'first'\nsection = 'a'\nkind = 'bool'\nlabel = 'F'\n\
                help = 'H'\ndefault = true\n";
    let file = (RelPath::parse("pack.toml").expect("a path"), Blob::regular(text));
    let pack = Catalog::from_tree(std::iter::once(file).collect())
        .and_then(|catalog| catalog.load(None))
        .expect("a pack");
    with_interview(&pack, |interview| {
        let now = interview.hold(&Layer::new()).now;

        let asked: Vec<&str> =
            interview.asked(&now).map(|question| question.key.as_str()).collect();

        assert_eq!(asked, ["first", "last"]);
    });
}

fn key(pack: &Pack, name: &str) -> Key {
    pack.question(name).expect("a question").key.clone()
}
