//! Covering sets: few answer sets in which every value, or every pair of values, stands once.

use fastwright::pack::{Key, Kind, Pack, Question, Value};

use crate::support::{answers, argument};

/// How many questions' values must have met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// Every value stands in some set.
    Values,
    /// Every two values of two questions that may meet do so in some set.
    Pairs,
}

/// A value for each question that has choices, by its place among them.
type Row = Vec<usize>;

/// The most choices that a question may have here.
const CHOICES: usize = 16;

/// Returns accepted answer sets that cover the choices of a pack, as flags; the same ones each time.
pub fn cover(pack: &Pack, strength: Strength) -> Vec<Vec<String>> {
    let questions: Vec<(&Key, Vec<Value>)> = pack.questions.iter().filter_map(choices).collect();
    let mut rows = rows(&questions);
    rows.retain(|row| accepted(pack, &questions, row));
    // By their numbers: there are many rows, and each is looked at for each set.
    let all = questions.len() * CHOICES;
    let (mut open, mut open_pairs) = (vec![false; all], vec![false; all * all]);
    for row in &rows {
        values(row).for_each(|one| open[one] = true);
        pairs(row).for_each(|one| open_pairs[one] = true);
    }
    let is_open = |open: &[bool]| open.contains(&true);
    let mut sets = Vec::new();
    while is_open(&open) || (strength == Strength::Pairs && is_open(&open_pairs)) {
        let gain = |row: &&Row| {
            let fresh = values(row).filter(|one| open[*one]).count();
            let fresh_pairs = pairs(row).filter(|one| open_pairs[*one]).count();
            match strength {
                Strength::Values => (fresh, fresh_pairs),
                Strength::Pairs => (fresh_pairs, fresh),
            }
        };
        let best = rows.iter().max_by_key(gain).expect("what is open stands in a row");
        values(best).for_each(|one| open[one] = false);
        pairs(best).for_each(|one| open_pairs[one] = false);
        sets.push(flags(&questions, best));
    }
    sets
}

/// Returns a number for each value of a row, the same in every row.
fn values(row: &Row) -> impl Iterator<Item = usize> {
    row.iter().enumerate().map(|(question, value)| question * CHOICES + value)
}

/// Returns a number for each two values of a row, the same in every row.
fn pairs(row: &Row) -> impl Iterator<Item = usize> {
    let all = row.len() * CHOICES;
    let later = move |one: usize| values(row).filter(move |other| *other > one);
    values(row).flat_map(move |one| later(one).map(move |other| one * all + other))
}

fn choices(question: &Question) -> Option<(&Key, Vec<Value>)> {
    let values = match &question.kind {
        Kind::Bool => vec![Value::Bool(true), Value::Bool(false)],
        Kind::One(choices) => choices.iter().map(|choice| Value::from(&*choice.value)).collect(),
        Kind::Text(_) | Kind::Integer { .. } | Kind::Many(_) => return None,
    };
    Some((&question.key, values))
}

/// Returns every combination.
fn rows(questions: &[(&Key, Vec<Value>)]) -> Vec<Row> {
    questions.iter().fold(vec![Row::new()], |rows, (_, values)| {
        let longer = |row: &Row| {
            let longer = (0..values.len()).map(|value| [row.as_slice(), &[value]].concat());
            longer.collect::<Vec<_>>()
        };
        rows.iter().flat_map(longer).collect()
    })
}

fn accepted(pack: &Pack, questions: &[(&Key, Vec<Value>)], row: &Row) -> bool {
    let texts: Vec<(&str, String)> = questions
        .iter()
        .zip(row)
        .map(|((key, values), value)| (key.as_str(), values[*value].to_string()))
        .collect();
    let flags: Vec<(&str, &str)> = texts.iter().map(|(key, text)| (*key, text.as_str())).collect();
    answers(pack, &flags).is_ok()
}

/// Returns the keys and values of an answer set, as the program would be told.
fn flags(questions: &[(&Key, Vec<Value>)], row: &Row) -> Vec<String> {
    let flag =
        |((key, values), value): (&(&Key, Vec<Value>), &usize)| argument(key, &values[*value]);
    questions.iter().zip(row).map(flag).collect()
}
