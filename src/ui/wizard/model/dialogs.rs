//! What comes of the dialogs.

use super::super::jump::{Place, To};
use super::super::message::Effect;
use super::super::state::dialog::{Decision, Turn};
use super::super::state::form::Change;
use super::super::state::panes::Page;
use super::Wizard;
use crate::answer::{Layer, with};

impl Wizard<'_> {
    pub(super) fn turn(&mut self, turn: Turn, effects: &mut Vec<Effect>) {
        match turn {
            Turn::Stay(dialog) => self.dialog = Some(dialog),
            Turn::Close => {}
            Turn::Done(Decision::Afresh) => self.start_afresh(effects),
            Turn::Done(Decision::Leave) => effects.push(Effect::Cancel),
            Turn::Done(Decision::Answer { changes, goes_on }) => {
                let asked = with(self.form.asked(), &changes);
                self.commit(Change::Asked(asked), effects);
                if goes_on {
                    self.next(effects);
                }
            }
            Turn::Done(Decision::Save(path)) => {
                match self.facts.now.clone().complete(self.world.pack) {
                    Ok(answers) => effects.push(Effect::Save(path, Box::new(answers))),
                    Err(error) => self.status.tell(error.problems()[0].message.clone()),
                }
            }
            Turn::Done(Decision::Jump(text, line)) => {
                let place = self.places(&text).into_iter().nth(line);
                self.jump(place, effects);
            }
        }
    }

    fn start_afresh(&mut self, effects: &mut Vec<Effect>) {
        self.commit(Change::Asked(Layer::new()), effects);
        self.form.see_none();
        match self.facts.stops.first().cloned() {
            Some(key) => self.focus_question(&key),
            None => self.focus_review(),
        }
        self.status.tell("started afresh; undo brings the answers back");
    }

    fn jump(&mut self, place: Option<Place>, effects: &mut Vec<Effect>) {
        let Some(place) = place else { return };
        match place.to {
            To::Question(key, option) => {
                self.leave(effects);
                self.panes.open(Page::Panes);
                self.focus_question(&key);
                if let Some(option) = option {
                    self.cursor.put_on(option);
                }
            }
            To::Review => {
                self.leave(effects);
                self.panes.open(Page::Panes);
                self.focus_review();
            }
            To::File(path) => {
                self.files.select(path);
                self.panes.open_file();
            }
        }
    }
}
