//! Judges one given answer by its question: a value, or what is wrong with it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex_lite::Regex;

use super::layer::Given;
use crate::error::Problem;
use crate::pack::{Choice, Kind, Pack, Question, Reserved, TextRules, Value, is_hidden};

/// Reads what was given as a value of the question.
///
/// # Errors
/// Tells what is wrong and the nearest valid value.
pub fn check(pack: &Pack, question: &Question, given: &Given) -> Result<Value, Problem> {
    let key = &question.key;
    match (&question.kind, given) {
        (Kind::Text(rules), Given::Text(text) | Given::Value(Value::Text(text))) => {
            check_text(pack, question, rules, text)
        }
        (Kind::Bool, Given::Value(Value::Bool(value))) => Ok(Value::Bool(*value)),
        (Kind::Bool, Given::Text(text)) => match text.as_str() {
            "true" | "yes" => Ok(Value::Bool(true)),
            "false" | "no" => Ok(Value::Bool(false)),
            _ => Err(Problem::new(format!("`{key}` is `{text}`, and takes `true` or `false`"))),
        },
        (Kind::Integer { min, max }, Given::Value(Value::Integer(value))) => {
            check_integer(question, *value, *min, *max)
        }
        (Kind::Integer { min, max }, Given::Text(text)) => match text.parse() {
            Ok(value) => check_integer(question, value, *min, *max),
            Err(_) => Err(Problem::new(format!(
                "`{key}` is `{text}`, and takes a number from {min} to {max}"
            ))),
        },
        (Kind::One(choices), Given::Text(text) | Given::Value(Value::Text(text))) => {
            check_choice(question, choices, text).map(Value::Text)
        }
        (Kind::Many(choices), Given::Text(text)) => {
            let names: Vec<&str> =
                text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
            check_choices(question, choices, &names)
        }
        (Kind::Many(choices), Given::Value(Value::Many(names))) => {
            check_choices(question, choices, &names.iter().map(String::as_str).collect::<Vec<_>>())
        }
        (kind, Given::Value(value)) => Err(wrong_kind(question, kind, kind_of(value))),
        (kind, Given::Foreign(name)) => Err(wrong_kind(question, kind, name)),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "a boolean",
        Value::Integer(_) => "a number",
        Value::Text(_) => "a text",
        Value::Many(_) => "a list",
    }
}

fn wrong_kind(question: &Question, kind: &Kind, given: &str) -> Problem {
    let wanted = match kind {
        Kind::Text(_) => "a text",
        Kind::Bool => "a boolean",
        Kind::Integer { .. } => "a number",
        Kind::One(_) => "the text of one choice",
        Kind::Many(_) => "a list of choices",
    };
    Problem::new(format!("`{}` is {given}, and takes {wanted}", question.key))
}

fn check_integer(question: &Question, value: i64, min: i64, max: i64) -> Result<Value, Problem> {
    if (min..=max).contains(&value) {
        return Ok(Value::Integer(value));
    }
    let nearest = value.clamp(min, max);
    Err(Problem::new(format!(
        "`{}` is `{value}`, and takes a number from {min} to {max}",
        question.key
    ))
    .hint(format!("the nearest is `{nearest}`")))
}

fn check_choices(
    question: &Question,
    choices: &[Choice],
    names: &[&str],
) -> Result<Value, Problem> {
    for name in names {
        check_choice(question, choices, name)?;
    }
    let chosen = choices.iter().filter(|choice| names.contains(&choice.value.as_str()));
    Ok(Value::Many(chosen.map(|choice| choice.value.clone()).collect()))
}

fn check_choice(question: &Question, choices: &[Choice], name: &str) -> Result<String, Problem> {
    if choices.iter().any(|choice| choice.value == name) {
        return Ok(name.to_owned());
    }
    let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    let problem = Problem::new(format!(
        "`{}` is {}, and takes one of {}",
        question.key,
        shown(name),
        quoted.join(", ")
    ));
    Err(match nearest(name, &values) {
        Some(value) => problem.hint(format!("did you mean `{value}`?")),
        None => problem,
    })
}

/// The longest text that somebody can have meant as another name, in bytes.
const MAX_NAME: usize = 100;

/// Returns the name most like `wrong`, if one is like it at all.
#[must_use]
pub fn nearest<'a>(wrong: &str, names: &[&'a str]) -> Option<&'a str> {
    if wrong.len() > MAX_NAME {
        return None;
    }
    let wrong = wrong.to_lowercase();
    let likeness = |name: &&str| {
        // The one knows beginnings, the other letters that changed places.
        strsim::jaro_winkler(&wrong, name).max(strsim::normalized_damerau_levenshtein(&wrong, name))
    };
    let names = names.iter().filter(|name| name.len() <= MAX_NAME);
    let best = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.65).then_some(*best)
}

/// How many characters of a wrong answer are told.
const MAX_SHOWN: usize = 80;

/// Quotes a text of any kind and length, so that it fits a sentence.
pub(super) fn shown(text: &str) -> String {
    let short: String = text.chars().take(MAX_SHOWN).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("`{}{more}`", short.escape_debug())
}

fn check_text(
    pack: &Pack,
    question: &Question,
    rules: &TextRules,
    text: &str,
) -> Result<Value, Problem> {
    let key = &question.key;
    let shown = shown(text);
    let length = text.chars().count();
    let refuse = |problem: Problem| match offer(pack, question, rules, text) {
        Some(near) => Err(problem.hint(format!("for example `--{} {near}`", key.flag()))),
        None => Err(problem),
    };
    if length > rules.max_length {
        let most = rules.max_length;
        return refuse(Problem::new(format!(
            "`{key}` has {length} characters, and takes at most {most}"
        )));
    }
    if let Some(character) = text.chars().find(|character| character.is_control()) {
        let name = character.escape_debug();
        return Err(Problem::new(format!(
            "`{key}` is {shown}, and takes one line without `{name}`"
        )));
    }
    if let Some(character) = text.chars().find(|character| is_hidden(*character)) {
        let name = character.escape_unicode();
        return Err(Problem::new(format!("`{key}` is {shown}, and takes no `{name}`"))
            .reason("nobody sees that character, and some change the order of what is seen"));
    }
    if !fits(rules, text) {
        let rule = match (&rules.rule, &rules.pattern) {
            (Some(rule), _) => rule.clone(),
            (None, pattern) => format!("a text like `{}`", pattern.as_deref().unwrap_or_default()),
        };
        return refuse(Problem::new(format!("`{key}` is {shown}, and takes {rule}")));
    }
    match reserved(pack, question, text).find(|reserved| reserved.when.is_empty()) {
        Some(reserved) => Err(taken(pack, question, rules, text, reserved)),
        None => Ok(Value::Text(text.to_owned())),
    }
}

/// Returns all that has a text as its name already, under whatever answers.
pub(super) fn reserved<'a>(
    pack: &'a Pack,
    question: &'a Question,
    text: &'a str,
) -> impl Iterator<Item = &'a Reserved> {
    pack.reserved.iter().filter(|reserved| reserved.question == question.key).filter(
        move |reserved| {
            reserved.values.iter().any(|value| value == text)
                || reserved.pattern.as_deref().is_some_and(|pattern| is_whole(pattern, text))
        },
    )
}

/// Tells that something has a text as its name already.
pub(super) fn taken(
    pack: &Pack,
    question: &Question,
    rules: &TextRules,
    text: &str,
    reserved: &Reserved,
) -> Problem {
    let key = &question.key;
    let mut problem = Problem::new(format!("`{key}` is {}, a name that is taken", shown(text)));
    if !reserved.because.is_empty() {
        problem = problem.reason(&reserved.because);
    }
    match offer(pack, question, rules, text) {
        Some(near) => problem.hint(format!("for example `--{} {near}`", key.flag())),
        None => problem,
    }
}

/// Returns a text near to a wrong one that is good whatever the other answers are.
pub(super) fn offer(
    pack: &Pack,
    question: &Question,
    rules: &TextRules,
    text: &str,
) -> Option<String> {
    let good = |text: &String| {
        text.chars().count() <= rules.max_length
            && fits(rules, text)
            && reserved(pack, question, text).next().is_none()
    };
    let short = cut(text, rules.max_length);
    let stems = [short.to_owned(), tidy(short, '-'), tidy(short, '_')];
    let prefixed = rules.prefix.iter().map(|prefix| format!("{prefix}{text}"));
    let longer = stems.iter().flat_map(|stem| {
        ["_app", "-app"]
            .map(|end| format!("{}{end}", cut(stem, rules.max_length.saturating_sub(4))))
    });
    let example = (text.chars().count() <= rules.max_length).then(|| rules.example.clone());
    stems.iter().cloned().chain(prefixed).chain(longer).chain(example.flatten()).find(good)
}

/// Returns the beginning of a text, without what joins it to the rest.
pub(super) fn cut(text: &str, most: usize) -> &str {
    match text.char_indices().nth(most) {
        Some((end, _)) => text[..end].trim_end_matches(['-', '_', '.', ' ']),
        None => text,
    }
}

/// Tells whether a text is as the pattern says.
fn fits(rules: &TextRules, text: &str) -> bool {
    rules.pattern.as_deref().is_none_or(|pattern| is_whole(pattern, text))
}

thread_local! {
    /// Patterns are compiled once: a face that asks judges all answers after each key.
    static PATTERNS: RefCell<BTreeMap<String, Option<Regex>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Tells whether a pattern fits the whole text.
fn is_whole(pattern: &str, text: &str) -> bool {
    PATTERNS.with_borrow_mut(|patterns| {
        if !patterns.contains_key(pattern) {
            let regex = crate::pack::regex(&format!("^(?:{pattern})$")).ok();
            patterns.insert(pattern.to_owned(), regex);
        }
        patterns.get(pattern).and_then(Option::as_ref).is_some_and(|regex| regex.is_match(text))
    })
}

/// Returns the text in lower case with one `joint` for each run of other characters.
fn tidy(text: &str, joint: char) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(&joint.to_string())
}
