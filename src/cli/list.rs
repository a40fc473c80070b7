//! `fastwright list`: questions, choices or versions.

use serde_json::{Value as Json, json};

use crate::error::Result;
use crate::pack::{Catalog, Pack, Question};
use crate::ui::Ui;

/// Prints what the pack has.
///
/// # Errors
/// Fails if stdout cannot take it.
pub fn run(ui: Ui, catalog: &Catalog, pack: &Pack, what: &str, json: bool) -> Result<()> {
    let (text, value) = match what {
        "versions" => {
            let versions: Vec<String> =
                catalog.versions()?.iter().map(ToString::to_string).collect();
            (versions.join("\n") + "\n", json!(versions))
        }
        "choices" => {
            let asked = pack.questions.iter().filter(|question| !question.choices().is_empty());
            let choices = asked.flat_map(|question| {
                question.choices().iter().map(move |choice| (question, choice))
            });
            let rows = choices.map(|(question, choice)| {
                vec![format!("{}={}", question.key, choice.value), choice.help.clone()]
            });
            let values: Vec<Json> = pack.questions.iter().filter_map(choices_json).collect();
            (table(&rows.collect::<Vec<_>>()), json!(values))
        }
        _ => {
            let rows = pack.questions.iter().map(|question| {
                let section = pack.sections.iter().find(|section| section.key == question.section);
                let section = section.map_or_else(String::new, |section| section.label.clone());
                vec![
                    section,
                    question.key.to_string(),
                    question.default_text(),
                    question.help.clone(),
                ]
            });
            let values: Vec<Json> = pack.questions.iter().map(super::explain::question).collect();
            (table(&rows.collect::<Vec<_>>()), json!(values))
        }
    };
    if json { ui.json(&value) } else { ui.data(text) }
}

fn choices_json(question: &Question) -> Option<Json> {
    if question.choices().is_empty() {
        return None;
    }
    let choices: Vec<&str> =
        question.choices().iter().map(|choice| choice.value.as_str()).collect();
    Some(json!({"question": question.key.as_str(), "choices": choices}))
}

/// Returns rows with their columns aligned, and no blanks at their ends.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n") + "\n"
}
