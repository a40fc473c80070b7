//! One prompt a question, for terminals of any size.

use std::fmt::Display;

use inquire::ui::{Color, RenderConfig, StyleSheet, Styled};
use inquire::{InquireError, MultiSelect, Select, Text};

use super::ask::{Asked, Asking, Fix, Row, Verdict, Walk};
use super::rescue::may_begin;
use super::{Ui, cancelled, visible, window};
use crate::answer::{Given, Layer};
use crate::error::{Error, Problem, Result};
use crate::exit::Exit;
use crate::pack::{Kind, Question, Value};

/// What the last option of every list says.
const BACK: &str = "back";

enum Reply {
    Answer(Given),
    Back,
}

/// Asks for all that is open, and returns the answers.
///
/// # Errors
/// Fails if somebody cancels, or the terminal cannot be used.
pub fn prompt(ui: Ui, asking: &Asking<'_>) -> Result<Layer> {
    let mut walk = Walk::new(asking);
    loop {
        let reply = match walk.next() {
            Some(asked) => answer(ui, &mut walk, &asked)?,
            None if review(ui, &mut walk)? => return Ok(walk.finish()),
            None => continue,
        };
        if let Reply::Back = reply
            && !walk.back()
        {
            ui.tell("this is the first question; Ctrl-C cancels");
        }
    }
}

/// Asks one question and takes the answer.
fn answer(ui: Ui, walk: &mut Walk<'_>, asked: &Asked<'_>) -> Result<Reply> {
    let question = asked.question;
    let reply = ask(ui, walk, asked)?;
    let Reply::Answer(given) = &reply else { return Ok(reply) };
    match walk.answer(question, given.clone()) {
        Verdict::Taken(notes) => tell(ui, &notes),
        Verdict::Refused(problem) => ui.tell(Error::many(Exit::Usage, vec![problem])),
        Verdict::Fixable(problem, fix) => solve(ui, walk, problem, fix)?,
    }
    Ok(reply)
}

fn tell(ui: Ui, notes: &[String]) {
    for note in notes {
        ui.tell(format_args!("note: {note}"));
    }
}

/// Offers the answers that another one needs.
fn solve(ui: Ui, walk: &mut Walk<'_>, problem: Problem, fix: Fix) -> Result<()> {
    ui.tell(Error::many(Exit::Usage, vec![Problem { hints: Vec::new(), ..problem }]));
    let options = vec![format!("also set {}", fix.words), BACK.to_owned()];
    if let Some(0) = select(ui, "Solve it", "", options, 0)? {
        let notes = walk.accept(fix);
        tell(ui, &notes);
    }
    Ok(())
}

fn ask(ui: Ui, walk: &Walk<'_>, asked: &Asked<'_>) -> Result<Reply> {
    let Asked { question, place, total, current, .. } = asked;
    let label = visible(&format!("{place}/{total} {}", question.label)).into_owned();
    let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    match &question.kind {
        Kind::Text(_) | Kind::Integer { .. } => {
            let real = text(current);
            let default = visible(&real);
            let origin = asked.origin.map_or_else(String::new, |origin| format!("; {origin}"));
            let help = format!("{}{origin}; Esc goes back", question.help);
            let help = visible(&help);
            let prompt = Text::new(&label).with_help_message(&help);
            let prompt = if default.is_empty() { prompt } else { prompt.with_default(&default) };
            may_begin();
            let reply = or_back(prompt.with_render_config(style(ui)).prompt())?;
            let real = |text: String| if text == default { real.clone() } else { text };
            Ok(reply.map_or(Reply::Back, |text| Reply::Answer(Given::Text(real(text)))))
        }
        Kind::Bool => {
            let cursor = usize::from(*current != Some(Value::Bool(true)));
            choose(ui, walk, asked, &label, &["yes", "no"], cursor)
        }
        Kind::One(choices) => {
            let chosen = text(current);
            let cursor = choices.iter().position(|choice| choice.value == chosen);
            let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
            choose(ui, walk, asked, &label, &values, cursor.unwrap_or(0))
        }
        Kind::Many(choices) => {
            let names = choices.iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>();
            let shown = names.iter().map(|name| visible(name)).collect();
            let chosen = text(current);
            let marked: Vec<usize> = (0..names.len())
                .filter(|index| chosen.split(',').any(|name| name == names[*index]))
                .collect();
            let help = format!("{}; Space marks, Esc goes back", question.help);
            let help = visible(&help);
            let prompt = MultiSelect::new(&label, shown)
                .with_help_message(&help)
                .with_default(&marked)
                .with_page_size(page())
                .with_render_config(style(ui));
            may_begin();
            let Some(reply) = or_back(prompt.raw_prompt())? else { return Ok(Reply::Back) };
            let names: Vec<&str> = reply.iter().map(|option| names[option.index]).collect();
            Ok(Reply::Answer(Given::Text(names.join(","))))
        }
    }
}

/// Asks for one of the values, or the way back.
fn choose(
    ui: Ui,
    walk: &Walk<'_>,
    asked: &Asked<'_>,
    label: &str,
    values: &[&str],
    cursor: usize,
) -> Result<Reply> {
    let question = asked.question;
    let width = values.iter().map(|value| value.len()).max().unwrap_or_default();
    let line = |(index, value): (usize, &&str)| {
        let obstacle = walk.obstacle(question, Given::Text((*value).to_owned()));
        let help = match obstacle.filter(|_| index != cursor) {
            Some(reason) => format!("[x] {reason}"),
            None => help(question, value).to_owned(),
        };
        format!("{value:width$}  {help}").trim_end().to_owned()
    };
    let mut options: Vec<String> = values.iter().enumerate().map(line).collect();
    options.push(BACK.to_owned());
    let chosen = select(ui, label, &question.help, options, cursor)?;
    let value = chosen.and_then(|index| values.get(index));
    Ok(value.map_or(Reply::Back, |value| Reply::Answer(Given::Text((*value).to_owned()))))
}

fn help<'a>(question: &'a Question, value: &str) -> &'a str {
    let choice = question.choices().iter().find(|choice| choice.value == value);
    choice.map_or("", |choice| &choice.help)
}

/// Shows all answers and what comes of them; tells whether that is to be made.
fn review(ui: Ui, walk: &mut Walk<'_>) -> Result<bool> {
    let rows = walk.summary();
    let width = rows.iter().map(|row| row.question.label.chars().count()).max().unwrap_or_default();
    ui.tell("");
    let mut section = "";
    for row in &rows {
        if section != row.section {
            section = row.section;
            ui.tell(section);
        }
        let mark = if row.is_changed { "*" } else { " " };
        ui.tell(format_args!("{mark} {:width$}  {}", row.question.label, row.value));
    }
    let problems = walk.problems();
    let outlook = walk.outlook().filter(|_| problems.is_empty());
    let mut options = Vec::new();
    if let Some(outlook) = &outlook {
        ui.tell(format_args!(
            "\n* is not the default\n{}\n\n  {}\n",
            outlook.work, outlook.command
        ));
        options.push("create".to_owned());
    } else if !problems.is_empty() {
        ui.tell("");
        ui.tell(Error::many(Exit::Usage, problems));
    }
    options.extend(["change an answer".to_owned(), BACK.to_owned()]);
    let (create, change) = (outlook.as_ref().map(|_| 0), usize::from(outlook.is_some()));
    match select(ui, "Ready", "", options, 0)? {
        chosen if chosen.is_some() && chosen == create => Ok(true),
        Some(chosen) if chosen == change => {
            let line = |row: &Row<'_>| format!("{:width$}  {}", row.question.label, row.value);
            let mut options: Vec<String> = rows.iter().map(line).collect();
            options.push(BACK.to_owned());
            let chosen = select(ui, "Change", "", options, 0)?;
            if let Some(row) = chosen.and_then(|index| rows.get(index)) {
                walk.reopen(row.question);
            }
            Ok(false)
        }
        Some(_) | None => {
            walk.back();
            Ok(false)
        }
    }
}

/// Asks whether to go on with the answers of an earlier run.
///
/// # Errors
/// Fails if somebody cancels, or the terminal cannot be used.
pub fn prompt_resume(ui: Ui, what: &str) -> Result<bool> {
    let options = vec!["resume".to_owned(), "start afresh".to_owned()];
    Ok(select(ui, what, "", options, 0)? == Some(0))
}

/// Returns which option was chosen, or nothing for Esc.
fn select(
    ui: Ui,
    label: &str,
    help: &str,
    options: Vec<String>,
    cursor: usize,
) -> Result<Option<usize>> {
    // A line that wraps would be more than a page counts on.
    let columns = usize::from(window().map_or(80, |(columns, _)| columns)).saturating_sub(4).max(8);
    let short = |option: String| visible(&option).chars().take(columns).collect::<String>();
    let (label, help) = (visible(label), visible(help));
    let prompt = Select::new(&label, options.into_iter().map(short).collect())
        .with_starting_cursor(cursor)
        .with_page_size(page())
        .with_render_config(style(ui));
    let prompt = if help.is_empty() { prompt } else { prompt.with_help_message(&help) };
    may_begin();
    Ok(or_back(prompt.raw_prompt())?.map(|option| option.index))
}

/// The lines that options may take: the prompt, its help and a line of air stay in sight.
fn page() -> usize {
    usize::from(window().map_or(24, |(_, rows)| rows)).saturating_sub(4).max(1)
}

/// Colours only repeat what a prefix says.
fn style(ui: Ui) -> RenderConfig<'static> {
    let mut style = RenderConfig::empty();
    style.highlighted_option_prefix = Styled::new(">");
    if ui.color {
        let accent = StyleSheet::new().with_fg(Color::LightBlue);
        style.highlighted_option_prefix = style.highlighted_option_prefix.with_fg(Color::LightBlue);
        style.prompt_prefix = style.prompt_prefix.with_fg(Color::LightBlue);
        style.selected_option = Some(accent);
        style.answer = accent;
    }
    style
}

/// Esc is the way back.
fn or_back<T>(answer: inquire::error::InquireResult<T>) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(InquireError::OperationCanceled) => Ok(None),
        Err(InquireError::OperationInterrupted) => Err(cancelled()),
        Err(other) => Err(unusable(other)),
    }
}

fn unusable(cause: impl Display) -> Error {
    Error::failed("cannot ask on this terminal")
        .because(cause)
        .hint("answer by flags, and add `--yes` for the defaults")
}
