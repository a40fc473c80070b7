//! What is asked in between: leaving, changing several answers, saving, jumping.

use crossterm::event::KeyEvent;

use super::super::keymap::{Action, Step};
use super::field::edited;
use crate::answer::Obstacle;
use crate::pack::{Key, Value};
use crate::ui::edit::Edit;

/// A question above everything else.
#[derive(Clone, Debug)]
pub enum Dialog {
    /// Whether to go on with the answers of an earlier run.
    Resume {
        /// What was kept.
        what: String,
        /// The button with the cursor.
        button: usize,
    },
    /// Whether to leave.
    Quit {
        /// The button with the cursor.
        button: usize,
    },
    /// Whether to change other answers too.
    Fix {
        /// The answer that was chosen, and what is in its way.
        choice: Box<Choice>,
        /// The button with the cursor.
        button: usize,
    },
    /// Where to write the answers.
    Save(Edit),
    /// Where to go.
    Jump {
        /// What is looked for.
        edit: Edit,
        /// The line with the cursor.
        line: usize,
    },
}

/// An answer that does not go with the others.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The answer that was chosen.
    pub change: (Key, Value),
    /// What is in its way.
    pub obstacle: Obstacle,
    /// Whether to go on to the next question.
    pub goes_on: bool,
}

/// What comes of a key.
#[derive(Clone, Debug)]
pub enum Turn {
    /// The dialog stays open.
    Stay(Dialog),
    /// It is closed, and nothing comes of it.
    Close,
    /// It is closed.
    Done(Decision),
}

/// What was decided in a dialog.
#[derive(Clone, Debug)]
pub enum Decision {
    /// Start afresh.
    Afresh,
    /// Leave.
    Leave,
    /// Give these answers.
    Answer {
        /// The answers.
        changes: Vec<(Key, Value)>,
        /// Whether to go on to the next question.
        goes_on: bool,
    },
    /// Write the answers to this file.
    Save(String),
    /// Go to this line of the places that fit a text.
    Jump(String, usize),
}

/// Returns the buttons of the dialog about an obstacle.
#[must_use]
pub fn fix_buttons(obstacle: &Obstacle) -> &'static [&'static str] {
    match &obstacle.fix {
        Some(_) => &["Set both", "Only this one", "Cancel"],
        None => &["Set it anyway", "Cancel"],
    }
}

impl Dialog {
    /// Tells whether letters are text in it.
    #[must_use]
    pub fn takes_text(&self) -> bool {
        match self {
            Self::Save(_) | Self::Jump { .. } => true,
            Self::Resume { .. } | Self::Quit { .. } | Self::Fix { .. } => false,
        }
    }

    /// Puts a text into its field, if it has one; tells whether all of it found room.
    pub fn paste(&mut self, text: &str) -> bool {
        match self {
            Self::Save(edit) | Self::Jump { edit, .. } => edit.insert(text),
            Self::Resume { .. } | Self::Quit { .. } | Self::Fix { .. } => true,
        }
    }

    /// Takes a key. `places` counts the places that fit a text.
    pub fn press(
        self,
        key: KeyEvent,
        action: Option<Action>,
        places: impl Fn(&str) -> usize,
    ) -> Turn {
        match (self, action) {
            (_, Some(Action::Escape)) | (Self::Fix { .. }, Some(Action::Quit)) => Turn::Close,
            (Self::Quit { .. }, Some(Action::Quit)) => Turn::Done(Decision::Leave),
            (dialog @ (Self::Resume { .. } | Self::Quit { .. }), Some(action)) => {
                dialog.press_one_of_two(action)
            }
            (dialog @ (Self::Resume { .. } | Self::Quit { .. }), None) => Turn::Stay(dialog),
            (Self::Fix { choice, button }, _) => {
                let last = fix_buttons(&choice.obstacle).len() - 1;
                let button = match action {
                    Some(Action::Choose | Action::Toggle) => return choice.decide(button),
                    Some(Action::Pick(index)) if index <= last => return choice.decide(index),
                    Some(Action::Move(Step::Left | Step::Up) | Action::Previous) => {
                        button.saturating_sub(1)
                    }
                    Some(Action::Move(Step::Right | Step::Down) | Action::Next) => {
                        (button + 1).min(last)
                    }
                    _ => button,
                };
                Turn::Stay(Self::Fix { choice, button })
            }
            (Self::Save(edit), Some(Action::Choose)) => Turn::Done(Decision::Save(edit.text)),
            (Self::Save(mut edit), _) => {
                edited(&mut edit, key, action);
                Turn::Stay(Self::Save(edit))
            }
            (Self::Jump { edit, line }, Some(Action::Choose)) => {
                Turn::Done(Decision::Jump(edit.text, line))
            }
            (Self::Jump { mut edit, line }, _) => {
                let last = places(&edit.text).saturating_sub(1);
                let line = match action {
                    Some(Action::Move(Step::Up)) => line.saturating_sub(1),
                    Some(Action::Move(Step::Down)) => (line + 1).min(last),
                    Some(Action::Move(Step::PageUp)) => line.saturating_sub(8),
                    Some(Action::Move(Step::PageDown)) => (line + 8).min(last),
                    _ if edited(&mut edit, key, action) => 0,
                    _ => line,
                };
                Turn::Stay(Self::Jump { edit, line })
            }
        }
    }

    /// Takes a button that was clicked.
    #[must_use]
    pub fn click(self, button: usize) -> Turn {
        match (self, button) {
            (Self::Fix { choice, .. }, _) => choice.decide(button),
            (Self::Quit { .. }, 0) => Turn::Done(Decision::Leave),
            (Self::Resume { .. }, 1) => Turn::Done(Decision::Afresh),
            (Self::Resume { .. } | Self::Quit { .. }, _) => Turn::Close,
            (dialog @ (Self::Save(_) | Self::Jump { .. }), _) => Turn::Stay(dialog),
        }
    }

    fn press_one_of_two(mut self, action: Action) -> Turn {
        let (Self::Resume { button, .. } | Self::Quit { button }) = &mut self else {
            return Turn::Stay(self);
        };
        match action {
            Action::Choose | Action::Toggle => {
                let button = *button;
                return self.click(button);
            }
            Action::Move(step) => {
                *button = usize::from(matches!(step, Step::Right | Step::Down | Step::Last));
            }
            Action::Next | Action::Previous => *button = 1 - *button,
            _ => {}
        }
        Turn::Stay(self)
    }
}

impl Choice {
    fn decide(self, button: usize) -> Turn {
        if button + 1 == fix_buttons(&self.obstacle).len() {
            return Turn::Close;
        }
        let mut changes = vec![self.change];
        if button == 0 {
            changes.extend(self.obstacle.fix.into_iter().flatten());
        }
        Turn::Done(Decision::Answer { changes, goes_on: self.goes_on })
    }
}
