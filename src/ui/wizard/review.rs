//! The review: all that is known before anything is written, line by line.

use super::model::Wizard;
use super::preview::Mark;
use super::state::cursor::Target;
use super::world::Extent;
use crate::answer::{CommandLine, Source};
use crate::pack::{Case, Default, Key, Overlay, Question, placeholders};

/// One line of the review.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is.
    pub kind: Kind,
    /// What stands at its start.
    pub label: String,
    /// What it says.
    pub text: String,
    /// What can have the focus there.
    pub target: Option<Target>,
}

/// What a line of the review is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The heading of a part.
    Heading,
    /// Something wrong.
    Issue,
    /// An answer that is the default.
    Answer,
    /// An answer that is not.
    Changed,
    /// Something told.
    Note,
    /// A line of the command.
    Command,
}

/// The buttons below the lines.
pub const BUTTONS: [(Target, &str); 4] = [
    (Target::Create, "Create"),
    (Target::Back, "Back"),
    (Target::Save, "Save answers"),
    (Target::Copy, "Copy command"),
];

impl Wizard<'_> {
    /// Returns all lines of the review, the command broken to fit some cells.
    #[must_use]
    pub fn review(&self, cells: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut add = |kind, label: &str, text: String, target: Option<Target>| {
            lines.push(Line { kind, label: label.to_owned(), text, target });
        };
        let issues = self.issues();
        if !issues.is_empty() {
            add(Kind::Heading, "To be solved", String::new(), None);
            for (index, (_, text)) in issues.into_iter().enumerate() {
                add(Kind::Issue, "", text, Some(Target::Issue(index)));
            }
        }
        for section in &self.world().pack.sections {
            let asked = |key: &&Key| {
                self.pack_question(key).is_some_and(|question| question.section == section.key)
            };
            let mut keys = self.facts().stops.iter().filter(asked).peekable();
            if keys.peek().is_some() {
                add(Kind::Heading, &section.label, String::new(), None);
            }
            for key in keys {
                let Some(question) = self.pack_question(key) else { continue };
                let origin = self.origin(question);
                let text = self.shown_value(question);
                let kind = if origin.is_default { Kind::Answer } else { Kind::Changed };
                let words = if origin.words.is_empty() || origin.is_default {
                    text
                } else {
                    format!("{text}  ({})", origin.words)
                };
                add(kind, &question.label, words, Some(Target::Answer(key.clone())));
            }
        }
        let notes = self.notes();
        if !notes.is_empty() {
            add(Kind::Heading, "Notes", String::new(), None);
            for note in notes {
                add(Kind::Note, "", note, None);
            }
        }
        add(Kind::Heading, "What will be done", String::new(), None);
        let place = self.facts().typed_place.as_ref().unwrap_or(self.form().place());
        let sign = if place.is_usable() { "" } else { "! " };
        let directory = format!("{sign}{}", place.words());
        if self.world().is_upgrade() {
            add(Kind::Note, "Directory", format!("{} {directory}", place.text), None);
        } else {
            add(Kind::Answer, "Directory", directory, Some(Target::Directory));
            if let Some(free) = &place.free {
                add(
                    Kind::Answer,
                    " ",
                    format!("take {}, which is free", free.text),
                    Some(Target::Free),
                );
            }
            let git = if self.form().git() {
                "[x] start a repository, with a first commit"
            } else {
                "[ ] start a repository"
            };
            add(Kind::Answer, "Git", git.to_owned(), Some(Target::Git));
        }
        add(Kind::Note, "Files", self.totals(), None);
        let services = self.services();
        if !services.is_empty() {
            add(Kind::Note, "Services", services.join(", "), None);
        }
        if let Some(command) = self.command(self.extent()) {
            let extent = match (self.panes().shows_full_command(), self.world().is_upgrade()) {
                (true, _) => "all answers",
                (false, false) => "all that is not the default",
                (false, true) => "all that is not recorded",
            };
            add(Kind::Heading, "The same again", String::new(), None);
            add(Kind::Answer, "Command", extent.to_owned(), Some(Target::Command));
            for line in command.lines(cells) {
                add(Kind::Command, "", line, None);
            }
        }
        lines
    }

    /// Returns everything that can have the focus in the review, in order.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        let lines = self.review(80).into_iter().filter_map(|line| line.target);
        lines.chain(BUTTONS.map(|(target, _)| target)).collect()
    }

    /// Returns all that stands in the way of creating, each with the question to go to.
    #[must_use]
    pub fn issues(&self) -> Vec<(Option<Key>, String)> {
        let problems = self.facts().now.problems.iter().map(|found| {
            let hint = found.problem.hints.first().map(|hint| format!("; {hint}"));
            (found.key.clone(), format!("{}{}", found.problem.message, hint.unwrap_or_default()))
        });
        let missing = self.facts().now.missing.iter();
        let missing = missing.map(|key| (Some(key.clone()), format!("`{key}` needs an answer")));
        let mut all: Vec<_> = problems.chain(missing).collect();
        if !self.form().place().is_usable() {
            all.push((
                None,
                format!("`{}` {}", self.form().place().text, self.form().place().words()),
            ));
        }
        all
    }

    /// Returns what changed by itself.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let left_out = self.facts().left_out.iter().filter_map(|key| self.pack_question(key));
        let left_out = left_out.map(|question| {
            format!("the answer to {} is left out: it is not asked now", question.label)
        });
        let following = self.facts().stops.iter().filter_map(|key| {
            let question = self.pack_question(key)?;
            let case = self.following(question)?;
            let others = case.when.entries().map(|(key, _)| {
                self.named(
                    key,
                    self.facts().value(key).map(std::slice::from_ref).unwrap_or_default(),
                )
            });
            let others: Vec<String> = others.collect();
            let value = self.shown_value(question);
            Some(format!(
                "{} is {value} by default beside {}",
                question.label,
                others.join(" and ")
            ))
        });
        left_out.chain(following).collect()
    }

    /// Returns the case that makes an answer by itself another one than it is else.
    fn following<'b>(&self, question: &'b Question) -> Option<&'b Case> {
        let answer = self.facts().now.answers.get(&question.key)?;
        let (Source::Default, Some(Default::Cases(cases))) = (&answer.source, &question.default)
        else {
            return None;
        };
        let case = cases.iter().find(|case| case.when.holds(|key| self.facts().value(key)))?;
        (!case.when.is_empty()).then_some(case)
    }

    fn extent(&self) -> Extent {
        if self.panes().shows_full_command() { Extent::Full } else { Extent::Minimal }
    }

    /// Returns the command that gives these answers again, if they are good.
    #[must_use]
    pub fn command(&self, extent: Extent) -> Option<CommandLine> {
        if extent == Extent::Minimal {
            return self.facts().command.clone();
        }
        let answers = self.facts().now.clone().complete(self.world().pack).ok()?;
        Some((self.world().command)(&answers, &self.form().place().text, extent))
    }

    fn totals(&self) -> String {
        let preview = &self.facts().preview;
        if self.world().is_upgrade() {
            let marks = [Mark::Added, Mark::Changed, Mark::Merged, Mark::Removed, Mark::Conflict];
            let counts = marks.map(|mark| (preview.count(mark), mark.word()));
            let counts = counts.iter().filter(|(count, _)| *count > 0);
            let words: Vec<String> =
                counts.map(|(count, word)| format!("{count} {word}")).collect();
            return if words.is_empty() { "none changes".to_owned() } else { words.join(", ") };
        }
        let folders: std::collections::BTreeSet<&str> =
            preview.tree.paths().flat_map(crate::tree::RelPath::parents).collect();
        format!(
            "{} in {} folders, {}",
            preview.tree.len(),
            folders.len(),
            super::super::size(preview.tree.size())
        )
    }

    /// Returns the services of the answers, with their ports.
    fn services(&self) -> Vec<String> {
        let pack = self.world().pack;
        let holds = |overlay: &&Overlay| pack.uses(overlay, |key| self.facts().value(key));
        let chosen = pack.questions.iter().flat_map(|question| {
            let value = self.facts().value(&question.key);
            value.into_iter().flat_map(|value| pack.chosen(question, value))
        });
        let own = chosen.flat_map(|component| {
            let overlays = component.overlays.iter().filter(holds).map(|overlay| &overlay.adds);
            std::iter::once(&component.adds).chain(overlays)
        });
        let shared = pack.overlays.iter().filter(holds).map(|overlay| &overlay.adds);
        let mut services: Vec<String> = Vec::new();
        for service in own.chain(shared).flat_map(|adds| &adds.services) {
            let ports: Vec<String> = service.ports.iter().map(ToString::to_string).collect();
            let text = match ports.as_slice() {
                [] => service.name.clone(),
                _ => format!("{} on {}", service.name, ports.join(" and ")),
            };
            if !services.contains(&text) {
                services.push(text);
            }
        }
        services
    }

    /// Tells where the answer to a question comes from.
    #[must_use]
    pub fn origin(&self, question: &Question) -> Origin {
        let source = self.facts().now.answers.get(&question.key).map(|answer| &answer.source);
        let text = match &question.default {
            Some(Default::Value(value)) => value.as_text(),
            Some(Default::Cases(_)) | None => None,
        };
        match source {
            Some(Source::Default | Source::NotAsked) => {
                let made_of: Vec<String> = text
                    .map(placeholders)
                    .unwrap_or_default()
                    .iter()
                    .map(|key| {
                        let other = self.world().pack.question(key);
                        other
                            .map_or_else(|| "the folder's name".to_owned(), |one| one.label.clone())
                    })
                    .collect();
                let words = if made_of.is_empty() {
                    "default".to_owned()
                } else {
                    format!("from {}", made_of.join(" and "))
                };
                Origin { is_default: true, words }
            }
            Some(Source::Recorded) => Origin { is_default: true, words: "recorded".to_owned() },
            Some(Source::Asked) | None => Origin { is_default: false, words: String::new() },
            Some(other) => Origin { is_default: false, words: format!("from {other}") },
        }
    }
}

/// Where an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// It holds although nobody gave it now.
    pub is_default: bool,
    /// The same in words; nothing for what was answered here.
    pub words: String,
}
