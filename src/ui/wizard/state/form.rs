//! What is decided: the answers, the directory and the repository, with the way back.

use std::collections::BTreeSet;

use super::super::place::Place;
use super::cursor::Focus;
use crate::answer::{Layer, Progress};
use crate::pack::Key;

/// All that the files come from, and what it was before.
#[derive(Clone, Debug)]
pub struct Form {
    decided: Decided,
    /// Questions that the focus has left.
    visited: BTreeSet<Key>,
    /// Before each change, the last one last.
    past: Vec<Step>,
    /// What was taken back.
    future: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Decided {
    asked: Layer,
    place: Place,
    git: bool,
}

/// What an undo brings back, and where it was changed.
#[derive(Clone, Debug)]
struct Step {
    decided: Decided,
    focus: Focus,
}

/// One change, which one undo takes back.
#[derive(Clone, Debug)]
pub enum Change {
    /// These are the answers now.
    Asked(Layer),
    /// The project goes elsewhere.
    Place(Place),
    /// A repository is started, or is not.
    Git(bool),
}

impl Form {
    /// Starts with answers.
    #[must_use]
    pub fn of(asked: Layer, place: Place, git: bool, visited: BTreeSet<Key>) -> Self {
        let decided = Decided { asked, place, git };
        Self { decided, visited, past: Vec::new(), future: Vec::new() }
    }

    /// Returns the answers that were given.
    #[must_use]
    pub fn asked(&self) -> &Layer {
        &self.decided.asked
    }

    /// Returns what is kept for the next time: the answers alone, since the review shows the rest.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress { answers: self.decided.asked.clone(), ..Progress::default() }
    }

    /// Tells whether no answer was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.decided.asked.iter().next().is_none()
    }

    /// Returns where the project goes.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.decided.place
    }

    /// Returns the name of the folder, for defaults made of it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.decided.place.name.as_deref()
    }

    /// Tells whether a repository is started.
    #[must_use]
    pub fn git(&self) -> bool {
        self.decided.git
    }

    /// Tells whether the focus has left a question.
    #[must_use]
    pub fn has_seen(&self, key: &Key) -> bool {
        self.visited.contains(key)
    }

    /// Notes that the focus has left a question.
    pub fn see(&mut self, key: &Key) {
        self.visited.insert(key.clone());
    }

    /// Takes no question as seen.
    pub fn see_none(&mut self) {
        self.visited.clear();
    }

    /// Returns how many changes can be taken back.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.past.len()
    }

    /// Makes a change; tells whether it is one.
    pub fn change(&mut self, focus: &Focus, change: Change) -> bool {
        let before = self.decided.clone();
        let Decided { asked, place, git } = &mut self.decided;
        match change {
            Change::Asked(answers) => *asked = answers,
            Change::Place(other) => *place = other,
            Change::Git(wanted) => *git = wanted,
        }
        let is_change = before != self.decided;
        if is_change {
            self.past.push(Step { decided: before, focus: focus.clone() });
            self.future.clear();
        }
        is_change
    }

    /// Takes the last change back, and returns where it was made.
    pub fn undo(&mut self) -> Option<Focus> {
        let step = self.past.pop()?;
        let focus = step.focus.clone();
        let now = self.restore(step);
        self.future.push(now);
        Some(focus)
    }

    /// Makes a change again that was taken back, and returns where it was made.
    pub fn redo(&mut self) -> Option<Focus> {
        let step = self.future.pop()?;
        let focus = step.focus.clone();
        let now = self.restore(step);
        self.past.push(now);
        Some(focus)
    }

    /// Returns what held before.
    fn restore(&mut self, step: Step) -> Step {
        let decided = std::mem::replace(&mut self.decided, step.decided);
        Step { decided, focus: step.focus }
    }
}
