//! Places to jump to: questions, their options, and files.

use super::model::Wizard;
use crate::pack::Key;

/// One place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub kind: &'static str,
    /// Where it leads.
    pub to: To,
}

/// Where a place leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum To {
    /// A question, and one of its options.
    Question(Key, Option<usize>),
    /// A file.
    File(String),
    /// The review.
    Review,
}

impl Wizard<'_> {
    /// Returns the places that fit a text, the best first; all words must be there.
    #[must_use]
    pub fn places(&self, text: &str) -> Vec<Place> {
        let mut all = Vec::new();
        for key in &self.facts().stops {
            let Some(question) = self.pack_question(key) else { continue };
            let label = question.label.clone();
            all.push(Place { label, kind: "question", to: To::Question(key.clone(), None) });
        }
        all.push(Place { label: "Review".to_owned(), kind: "page", to: To::Review });
        for key in &self.facts().stops {
            let Some(question) = self.pack_question(key) else { continue };
            for (index, choice) in self.facts().choices.get(key).into_iter().flatten().enumerate() {
                let label = format!("{}: {}", question.label, choice.label);
                let to = To::Question(key.clone(), Some(index));
                all.push(Place { label, kind: "option", to });
            }
        }
        let files = self.facts().preview.marks.keys().map(ToString::to_string);
        all.extend(files.map(|path| Place {
            label: path.clone(),
            kind: "file",
            to: To::File(path),
        }));

        let text = text.to_lowercase();
        let words: Vec<&str> = text.split_whitespace().collect();
        all.retain(|place| {
            let label = place.label.to_lowercase();
            words.iter().all(|word| label.contains(word))
        });
        // What begins with the text comes first; else the order stays.
        all.sort_by_key(|place| !place.label.to_lowercase().starts_with(text.trim()));
        all
    }
}
