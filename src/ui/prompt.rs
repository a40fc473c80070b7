//! One prompt a question, for terminals of any size: the wizard needs 40 columns and 10 rows, and plain
//! lines show no cursor.
//!
//! Draws and reads with what the wizard has too. The crate `inquire` would draw it as well, but reads
//! the terminal itself, with readers that it keeps to itself: a stop by Ctrl-Z, a Ctrl-\ , half a key
//! and a window that is closed would end otherwise here than everywhere else.

use super::ask::{Asked, Asking, Fix, Row, Verdict, Walk};
use super::field::{self, Field, Step};
use super::tty::{Event, Mode, Signals, Tty, is_letter};
use super::{Ui, cancelled};
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
pub fn prompt(ui: Ui, signals: &Signals, asking: &Asking<'_>) -> Result<Layer> {
    let mut walk = Walk::new(asking);
    let prompt = &mut Prompt { ui, tty: Tty::enter(signals, Mode::Lines)? };
    loop {
        let reply = match walk.next() {
            Some(asked) => answer(prompt, &mut walk, &asked)?,
            None if review(prompt, &mut walk)? => return Ok(walk.finish()),
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
fn answer(prompt: &mut Prompt, walk: &mut Walk<'_>, asked: &Asked<'_>) -> Result<Reply> {
    let question = asked.question;
    let reply = ask(prompt, walk, asked)?;
    let ui = prompt.ui;
    let Reply::Answer(given) = &reply else { return Ok(reply) };
    match walk.answer(question, given.clone()) {
        Verdict::Taken(notes) => tell(ui, &notes),
        Verdict::Refused(problem) => ui.tell(Error::many(Exit::Usage, vec![problem])),
        Verdict::Fixable(problem, fix) => solve(prompt, walk, problem, fix)?,
    }
    Ok(reply)
}

fn tell(ui: Ui, notes: &[String]) {
    for note in notes {
        ui.tell(format_args!("note: {note}"));
    }
}

/// Offers the answers that another one needs.
fn solve(prompt: &mut Prompt, walk: &mut Walk<'_>, problem: Problem, fix: Fix) -> Result<()> {
    let ui = prompt.ui;
    ui.tell(Error::many(Exit::Usage, vec![Problem { hints: Vec::new(), ..problem }]));
    let options = vec![format!("also set {}", fix.words), BACK.to_owned()];
    if let Some(0) = prompt.select("Solve it", "", options, 0)? {
        let notes = walk.accept(fix);
        tell(ui, &notes);
    }
    Ok(())
}

fn ask(prompt: &mut Prompt, walk: &Walk<'_>, asked: &Asked<'_>) -> Result<Reply> {
    let Asked { question, place, total, current, .. } = asked;
    let label = format!("{place}/{total} {}", question.label);
    let text = |value: &Option<Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
    let field = match &question.kind {
        Kind::Text(_) | Kind::Integer { .. } => {
            let origin = asked.origin.map_or_else(String::new, |origin| format!("; {origin}"));
            let help = format!("{}{origin}; Esc goes back", question.help);
            Field::text(&label, &help, &text(current))
        }
        Kind::Bool => {
            let cursor = usize::from(*current != Some(Value::Bool(true)));
            return choose(prompt, walk, asked, &label, &["yes", "no"], cursor);
        }
        Kind::One(choices) => {
            let chosen = text(current);
            let cursor = choices.iter().position(|choice| choice.value == chosen);
            let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
            return choose(prompt, walk, asked, &label, &values, cursor.unwrap_or(0));
        }
        Kind::Many(choices) => {
            let names = choices.iter().map(|choice| choice.value.clone()).collect::<Vec<_>>();
            let chosen = text(current);
            let marked: Vec<usize> = (0..names.len())
                .filter(|index| chosen.split(',').any(|name| name == names[*index]))
                .collect();
            let help = format!("{}; Space marks, Esc goes back", question.help);
            Field::many(&label, &help, names, &marked)
        }
    };
    let choices = question.choices();
    let name = |index: &usize| choices.get(*index).map(|choice| choice.value.as_str());
    let joined = |all: &[usize]| {
        let names: Vec<&str> = all.iter().filter_map(name).collect();
        Reply::Answer(Given::Text(names.join(",")))
    };
    Ok(match prompt.show(field)? {
        None => Reply::Back,
        Some(field::Reply::Text(text)) => Reply::Answer(Given::Text(text)),
        Some(field::Reply::One(index)) => joined(&[index]),
        Some(field::Reply::Many(all)) => joined(&all),
    })
}

/// Asks for one of the values, or the way back.
fn choose(
    prompt: &mut Prompt,
    walk: &Walk<'_>,
    asked: &Asked<'_>,
    label: &str,
    values: &[&str],
    cursor: usize,
) -> Result<Reply> {
    let question = asked.question;
    let width = values.iter().map(|value| value.len()).max().unwrap_or_default();
    let line = |(index, value): (usize, &&str)| {
        let obstacle = walk.obstacle(question, Value::Text((*value).to_owned()));
        let help = match obstacle.filter(|_| index != cursor) {
            Some(reason) => format!("[x] {reason}"),
            None => help(question, value).to_owned(),
        };
        format!("{value:width$}  {help}").trim_end().to_owned()
    };
    let mut options: Vec<String> = values.iter().enumerate().map(line).collect();
    options.push(BACK.to_owned());
    let chosen = prompt.select(label, &question.help, options, cursor)?;
    let value = chosen.and_then(|index| values.get(index));
    Ok(value.map_or(Reply::Back, |value| Reply::Answer(Given::Text((*value).to_owned()))))
}

fn help<'a>(question: &'a Question, value: &str) -> &'a str {
    let choice = question.choices().iter().find(|choice| choice.value == value);
    choice.map_or("", |choice| &choice.help)
}

/// Shows all answers and what comes of them; tells whether that is to be made.
fn review(prompt: &mut Prompt, walk: &mut Walk<'_>) -> Result<bool> {
    let ui = prompt.ui;
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
    match prompt.select("Ready", "", options, 0)? {
        chosen if chosen.is_some() && chosen == create => Ok(true),
        Some(chosen) if chosen == change => {
            let line = |row: &Row<'_>| format!("{:width$}  {}", row.question.label, row.value);
            let mut options: Vec<String> = rows.iter().map(line).collect();
            options.push(BACK.to_owned());
            let chosen = prompt.select("Change", "", options, 0)?;
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
pub fn prompt_resume(ui: Ui, signals: &Signals, what: &str) -> Result<bool> {
    let options = vec!["resume".to_owned(), "start afresh".to_owned()];
    let mut prompt = Prompt { ui, tty: Tty::enter(signals, Mode::Lines)? };
    Ok(prompt.select(what, "", options, 0)? == Some(0))
}

/// The terminal with one question at a time on it.
struct Prompt {
    ui: Ui,
    tty: Tty,
}

impl Prompt {
    /// Returns which option was chosen, or nothing for Esc.
    fn select(
        &mut self,
        label: &str,
        help: &str,
        options: Vec<String>,
        cursor: usize,
    ) -> Result<Option<usize>> {
        let reply = self.show(Field::one(label, help, options, cursor))?;
        Ok(reply.and_then(|reply| match reply {
            field::Reply::One(index) => Some(index),
            field::Reply::Text(_) | field::Reply::Many(_) => None,
        }))
    }

    /// Asks until there is an answer, or nothing for Esc.
    fn show(&mut self, mut field: Field) -> Result<Option<field::Reply>> {
        // The rows above the cursor.
        let mut above = 0;
        loop {
            if !self.tty.has_more() {
                let (text, row) = self.drawn(&field.lines(self.tty.size), above);
                self.write(&text)?;
                above = row;
                self.tty.parting = erased(above);
            }
            let input = match self.tty.next()? {
                Event::Input(input) => input,
                Event::Resized => continue,
                Event::Resumed => {
                    above = 0;
                    continue;
                }
                Event::End(signal) => return Err(Self::end(above, signal)),
            };
            let is_letter = is_letter(&input);
            match field.update(input, field.page(self.tty.size)) {
                Step::Stay if is_letter && field.is_text() => field.insert(&self.tty.letters()),
                Step::Stay => {}
                Step::Redraw => self.write("\x1b[2J\x1b[H")?,
                Step::Suspend => {
                    if self.tty.suspend()?.is_some() {
                        above = 0;
                    }
                }
                Step::Cancel => return Err(Self::end(above, SIGINT)),
                Step::Back => {
                    self.write(&erased(above))?;
                    return Ok(None);
                }
                Step::Done(reply) => {
                    let line = self.paint(&field.answered(&reply), true);
                    self.write(&format!("{}{line}\r\n", erased(above)))?;
                    return Ok(Some(reply));
                }
            }
        }
    }

    fn write(&mut self, text: &str) -> Result<()> {
        Tty::write(text).map_err(|error| self.tty.gone().map_or(error, cancelled))
    }

    /// Leaves what is shown, and tells why nothing comes of it.
    fn end(above: usize, signal: u8) -> Error {
        let _ = Tty::write(&erased(above));
        cancelled(signal)
    }

    /// Returns what shows lines in the place of those before, and the row of the cursor then.
    fn drawn(&self, shown: &field::Lines, above: usize) -> (String, usize) {
        let paint = |(line, is_cursor): &(String, bool)| self.paint(line, *is_cursor);
        let lines: Vec<String> = shown.lines.iter().map(paint).collect();
        let last = lines.len().saturating_sub(1);
        let text = format!("{}\x1b[?25l{}", erased(above), lines.join("\r\n"));
        match shown.caret {
            Some((row, column)) => {
                let up = up(last.saturating_sub(row));
                (format!("{text}\r{up}\x1b[{}G\x1b[?25h", column.saturating_add(1)), row)
            }
            None => (text, last),
        }
    }

    /// Colour only repeats what a sign says.
    fn paint(&self, line: &str, is_marked: bool) -> String {
        if self.ui.color && is_marked { format!("\x1b[94m{line}\x1b[39m") } else { line.to_owned() }
    }
}

/// The signal that Ctrl-C stands for.
const SIGINT: u8 = 2;

/// Returns what takes lines away, from the cursor's row and the rows above it downwards.
fn erased(above: usize) -> String {
    format!("\r{}\x1b[J", up(above))
}

fn up(rows: usize) -> String {
    if rows == 0 { String::new() } else { format!("\x1b[{rows}A") }
}
