//! What the program around told: what directories are, and what upgrades come to. The model reads
//! no disk; it asks for these by effects, and they arrive as messages.

use std::rc::Rc;

use super::super::place::Place;
use crate::answer::Answers;
use crate::merge::Plan;

/// What was told.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The last directory.
    place: Option<Place>,
    /// Upgrades, each with the answers that it leads to.
    plans: Vec<(Answers, Planned)>,
}

/// What an upgrade comes to, or why there is none.
pub type Planned = Result<Rc<Plan>, String>;

impl Known {
    /// Returns what a directory is, if that was told last.
    #[must_use]
    pub fn place(&self, text: &str) -> Option<&Place> {
        self.place.as_ref().filter(|place| place.text == text)
    }

    /// Takes what a directory is.
    pub fn take_place(&mut self, place: Place) {
        self.place = Some(place);
    }

    /// Returns what an upgrade comes to, if that was told.
    #[must_use]
    pub fn plan(&self, answers: &Answers) -> Option<&Planned> {
        self.plans.iter().find(|(known, _)| known == answers).map(|(_, plan)| plan)
    }

    /// Takes what an upgrade comes to; only the last few are looked at again.
    pub fn take_plan(&mut self, answers: Answers, plan: Planned) {
        self.plans.retain(|(known, _)| *known != answers);
        self.plans.insert(0, (answers, plan));
        self.plans.truncate(4);
    }
}
