//! Questions as lines of text, for screen readers, dumb terminals and piped answers.
//!
//! Moves no cursor and redraws nothing: each line is written once, from left to right, without
//! colour. An answer is a line too, so that whole runs can be piped.

use super::ask::{Asked, Asking, Verdict, Walk, shown};
use super::explain::{explain_choice, explain_question};
use super::lines::{Lines, Said, Typed, capital, sentence};
use crate::answer::{Given, Layer};
use crate::error::{Problem, Result};
use crate::pack::{Kind, Pack, Question, Value, YES};

/// Asks on stdin and stderr for all that is open, and returns the answers.
///
/// # Errors
/// Fails if somebody quits, or the answers end before the questions do.
pub fn plain(typed: &mut Typed<'_>, asking: &Asking<'_>) -> Result<Layer> {
    Plain { pack: asking.pack, walk: Walk::new(asking), lines: Lines::new(typed) }.run()
}

/// Asks whether to go on with the answers of an earlier run.
///
/// # Errors
/// Fails if somebody quits.
pub fn plain_resume(typed: &mut Typed<'_>, what: &str) -> Result<bool> {
    let mut lines = Lines::new(typed);
    lines.say(&sentence(&capital(what)));
    Ok(lines.choose(&["Resume", "Start afresh"])? == Some(0))
}

struct Plain<'a, 'b> {
    pack: &'a Pack,
    walk: Walk<'a>,
    lines: Lines<'a, 'b>,
}

/// What follows a question.
enum Step {
    On,
    Back,
    Again,
}

impl<'a> Plain<'a, '_> {
    fn run(mut self) -> Result<Layer> {
        self.lines.say("Press Enter for the answer in brackets.");
        loop {
            let Some(asked) = self.walk.next() else {
                if self.review()? {
                    return Ok(self.walk.finish());
                }
                continue;
            };
            self.question(&asked);
            loop {
                match self.answer(&asked)? {
                    Step::On => break,
                    Step::Again => {}
                    Step::Back if self.walk.back() => break,
                    Step::Back => self.lines.say("This is the first question."),
                }
            }
        }
    }

    fn question(&mut self, asked: &Asked<'a>) {
        let Asked { question, place, total, .. } = asked;
        let (label, help) = (sentence(&question.label), sentence(&question.help));
        self.lines.say(&format!("\nQuestion {place} of about {total}: {label} {help}"));
        let current = chosen(asked);
        for (index, name) in names(question).iter().enumerate() {
            let mark = if current.contains(&index) { ", current" } else { "" };
            let help = question.choices().get(index).map_or("", |choice| choice.help.as_str());
            let help = if help.is_empty() { String::new() } else { format!(": {help}") };
            let obstacle = if current.contains(&index) || matches!(question.kind, Kind::Many(_)) {
                None
            } else {
                self.walk.obstacle(question, Value::Text(name.clone()))
            };
            let obstacle = obstacle.map_or_else(String::new, |reason| {
                format!(" Not with the answers so far, because {}", sentence(&reason))
            });
            let line = sentence(&format!("{}. {name}{mark}{help}", index + 1));
            self.lines.say(&format!("{line}{obstacle}"));
        }
    }

    /// Reads one line and does what it says.
    fn answer(&mut self, asked: &Asked<'a>) -> Result<Step> {
        let question = asked.question;
        let details = if question.choices().is_empty() { "?" } else { "?2" };
        let keys = format!("{details} for details, b for back, s for summary, q to quit");
        let current = brackets(asked);
        let said = self.lines.read(&format!("{}, or {keys}.{current}:", invitation(question)))?;
        let given = match said {
            Said::Back => return Ok(Step::Back),
            Said::Summary => {
                self.summary(false);
                self.question(asked);
                return Ok(Step::Again);
            }
            Said::Details(which) => {
                self.details(question, &which);
                return Ok(Step::Again);
            }
            Said::Nothing => match &asked.current {
                Some(value) => Given::Value(value.clone()),
                None if matches!(question.kind, Kind::Text(_)) => Given::Text(String::new()),
                None => return Ok(self.refuse("No answer is chosen yet", question)),
            },
            Said::Text(text) => match parse(question, &text) {
                Some(given) => given,
                None => return Ok(self.refuse(&format!("`{text}` is no answer here"), question)),
            },
        };
        match self.walk.answer(question, given) {
            Verdict::Refused(problem) => {
                self.lines.say(&sentence(&problem.message));
                Ok(Step::Again)
            }
            Verdict::Taken(notes) => {
                self.taken(question, &notes);
                Ok(Step::On)
            }
            Verdict::Fixable(problem, fix) => {
                self.lines.say(&reason(&problem));
                let also = format!("Also set {}", fix.words);
                if let Some(0) = self.lines.choose(&[&also, "Choose another answer"])? {
                    let notes = self.walk.accept(fix);
                    self.taken(question, &notes);
                    return Ok(Step::On);
                }
                self.question(asked);
                Ok(Step::Again)
            }
        }
    }

    fn refuse(&mut self, what: &str, question: &Question) -> Step {
        self.lines.say(&format!("{}. {}.", what, wanted(question)));
        Step::Again
    }

    /// Repeats what was taken, for those who do not see what they typed.
    fn taken(&mut self, question: &Question, notes: &[String]) {
        let rows = self.walk.summary();
        if let Some(row) = rows.iter().find(|row| row.question.key == question.key) {
            self.lines.say(&format!("{}: {}", question.label, sentence(&row.value)));
        }
        for note in notes {
            self.lines.say(&format!("Note: {}", sentence(note)));
        }
    }

    fn details(&mut self, question: &Question, which: &str) {
        let values = names(question);
        let index = which.parse::<usize>().ok().filter(|index| (1..=values.len()).contains(index));
        match index {
            Some(index) => {
                let value = values[index - 1].as_str();
                let component = self.pack.component(&question.key, value);
                let told = matches!(question.kind, Kind::Bool) && component.is_none();
                let text = if told {
                    explain_question(question)
                } else {
                    explain_choice(question, value, component)
                };
                self.lines.say(text.trim_end());
            }
            None if which.is_empty() => {
                self.lines.say(explain_question(question).trim_end());
                if matches!(question.kind, Kind::Text(_)) {
                    self.lines.say("An answer that would be a command follows `=`, such as `=b`.");
                }
            }
            None if values.is_empty() => self.lines.say("Type ? for details of this question."),
            None => self.lines.say(&format!("Type ? and a number from 1 to {}.", values.len())),
        }
    }

    fn summary(&mut self, has_numbers: bool) {
        self.lines.say("\nSummary.");
        let mut section = "";
        for (index, row) in self.walk.summary().into_iter().enumerate() {
            if section != row.section {
                section = row.section;
                self.lines.say(&sentence(section));
            }
            let number = if has_numbers { format!("{}. ", index + 1) } else { String::new() };
            let mark = if row.is_changed { ", changed" } else { "" };
            self.lines
                .say(&sentence(&format!("{number}{}: {}{mark}", row.question.label, row.value)));
        }
    }

    /// Shows all answers and what comes of them; tells whether that is to be made.
    fn review(&mut self) -> Result<bool> {
        self.summary(true);
        let problems = self.walk.problems();
        for problem in &problems {
            self.lines.say(&format!("This is to be solved: {}", reason(problem)));
        }
        let outlook = self.walk.outlook().filter(|_| problems.is_empty());
        if let Some(outlook) = &outlook {
            self.lines
                .say(&format!("{}\nThe command for the same:", sentence(&capital(&outlook.work))));
            self.lines.say(&outlook.command.to_string());
        }
        let rows = self.walk.summary();
        let change = "a number to change an answer, b for back, q to quit.";
        let prompt = match &outlook {
            Some(_) => format!("Press Enter to create it, or type {change} [create]:"),
            None => format!("Type {change}"),
        };
        loop {
            let text = match self.lines.read(&prompt)? {
                Said::Nothing if outlook.is_some() => return Ok(true),
                Said::Back if self.walk.back() => return Ok(false),
                Said::Summary => return Ok(false),
                Said::Nothing | Said::Back => String::new(),
                Said::Details(text) | Said::Text(text) => text,
            };
            let row = text.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            if let Some(row) = row.and_then(|index| rows.get(index)) {
                self.walk.reopen(row.question);
                return Ok(false);
            }
            self.lines.say(&format!("Type a number from 1 to {}.", rows.len()));
        }
    }
}

/// Returns what is to be chosen from, in words.
fn names(question: &Question) -> Vec<String> {
    match question.kind {
        Kind::Bool => vec![YES.to_owned(), "no".to_owned()],
        _ => question.choices().iter().map(|choice| choice.value.clone()).collect(),
    }
}

/// Returns the places of what is chosen now.
fn chosen(asked: &Asked<'_>) -> Vec<usize> {
    let names = names(asked.question);
    let place = |name: &str| names.iter().position(|one| one == name);
    match &asked.current {
        Some(Value::Many(values)) => values.iter().filter_map(|value| place(value)).collect(),
        Some(value) => place(&shown(asked.question, value)).into_iter().collect(),
        None => Vec::new(),
    }
}

fn brackets(asked: &Asked<'_>) -> String {
    let numbers: Vec<String> = chosen(asked).iter().map(|index| (index + 1).to_string()).collect();
    let text = match (&asked.question.kind, &asked.current) {
        (_, None) => return String::new(),
        (Kind::Many(_), Some(_)) if numbers.is_empty() => "0".to_owned(),
        (Kind::Bool | Kind::One(_) | Kind::Many(_), Some(_)) => numbers.join(","),
        (Kind::Text(_) | Kind::Integer { .. }, Some(value)) => shown(asked.question, value),
    };
    let origin = asked.origin.map_or_else(String::new, |origin| format!(", {origin}"));
    format!(" [{text}{origin}]")
}

/// Asks for an answer; where choices stand above, their numbers are plain to see.
fn invitation(question: &Question) -> String {
    match question.kind {
        Kind::One(_) | Kind::Bool => "Type a number".to_owned(),
        Kind::Many(_) => "Type numbers such as 1,2, 0 for none".to_owned(),
        Kind::Text(_) | Kind::Integer { .. } => wanted(question),
    }
}

/// Tells what a question takes.
fn wanted(question: &Question) -> String {
    match &question.kind {
        Kind::Text(_) => "Type a text".to_owned(),
        Kind::Integer { min, max } => format!("Type a number from {min} to {max}"),
        Kind::Bool => "Type 1 or 2".to_owned(),
        Kind::One(choices) => format!("Type a number from 1 to {}", choices.len()),
        Kind::Many(choices) => {
            format!("Type numbers from 1 to {}, such as 1,2, or 0 for none", choices.len())
        }
    }
}

/// Returns the answer of the choices at these places.
fn given(question: &Question, places: &[usize]) -> Given {
    let names = names(question);
    let chosen: Vec<&str> = places.iter().map(|place| names[*place].as_str()).collect();
    Given::Text(chosen.join(","))
}

/// Reads a line as an answer: numbers or names of choices, or the text itself.
fn parse(question: &Question, text: &str) -> Option<Given> {
    let names = names(question);
    let place = |word: &str| match word.parse::<usize>() {
        Ok(number) => number.checked_sub(1).filter(|place| *place < names.len()),
        Err(_) => names.iter().position(|name| name == word),
    };
    let text = match question.kind {
        Kind::Text(_) => return Some(Given::Text(text.strip_prefix('=').unwrap_or(text).into())),
        Kind::Integer { .. } => return Some(Given::Text(text.trim().to_owned())),
        Kind::Bool | Kind::One(_) | Kind::Many(_) => text.trim(),
    };
    if let Kind::Many(_) = question.kind {
        if text == "0" {
            return Some(Given::Value(Value::Many(Vec::new())));
        }
        let places: Option<Vec<usize>> = text.split(',').map(|word| place(word.trim())).collect();
        return places.map(|places| given(question, &places));
    }
    place(text).map(|place| given(question, &[place]))
}

fn reason(problem: &Problem) -> String {
    let parts: Vec<String> = std::iter::once(problem.message.clone())
        .chain(problem.details())
        .filter(|part| !part.is_empty())
        .collect();
    sentence(&parts.join(", "))
}
