//! Which face asks, decided from plain facts: options, environment, terminals.

use crate::error::{Error, Result};

/// How questions are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// The whole screen.
    Wizard,
    /// One prompt a question.
    Prompt,
    /// Lines of text.
    Plain,
    /// Nothing is asked.
    Silent,
}

/// What the choice depends on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// `--ui`, if it names a face.
    pub wanted: Option<Face>,
    /// `--yes` or `--no-input`.
    pub is_refused: bool,
    /// `CI`.
    pub ci: Option<&'a str>,
    /// `ACCESSIBLE`.
    pub accessible: Option<&'a str>,
    /// `FASTWRIGHT_UI`: the name of a face, which `--ui` overrides.
    pub variable: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
    /// Whether stdin and stderr are terminals.
    pub terminals: (bool, bool),
    /// Columns and rows, where they are known.
    pub size: Option<(u16, u16)>,
}

/// The least columns and rows of a whole screen.
const LEAST: (u16, u16) = (40, 10);

impl Face {
    /// Returns the face of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "wizard" => Some(Self::Wizard),
            "prompt" => Some(Self::Prompt),
            "plain" => Some(Self::Plain),
            _ => None,
        }
    }
}

/// Chooses by the first rule that fits.
///
/// # Errors
/// Fails if a face is named that needs a terminal, and there is none, or if the variable names none.
pub fn choose(facts: &Facts<'_>) -> Result<Face> {
    let has_terminal = facts.terminals == (true, true);
    match facts.wanted {
        Some(face @ (Face::Wizard | Face::Prompt)) if !has_terminal => {
            let name = if face == Face::Wizard { "wizard" } else { "prompt" };
            return Err(Error::usage(format!("`--ui {name}` needs a terminal"))
                .because("standard input and standard error must both be one")
                .hint("`--ui plain` reads answers from a pipe too")
                .hint("or answer by flags, and add `--yes` for the defaults"));
        }
        Some(face) => return Ok(face),
        None => {}
    }
    let variable = facts.variable.filter(|name| !name.is_empty());
    let named = variable.map(|name| Face::named(name).ok_or_else(|| unknown(name))).transpose()?;
    let ci = facts.ci.is_some_and(|value| !["", "false"].contains(&value));
    if facts.is_refused || ci || !has_terminal {
        return Ok(Face::Silent);
    }
    let accessible = facts.accessible.is_some_and(|value| !["", "0", "false"].contains(&value));
    if let Some(face) = named {
        return Ok(face);
    }
    if accessible || facts.term == Some("dumb") {
        return Ok(Face::Plain);
    }
    let (columns, rows) = facts.size.unwrap_or(LEAST);
    Ok(if columns < LEAST.0 || rows < LEAST.1 { Face::Prompt } else { Face::Wizard })
}

fn unknown(name: &str) -> Error {
    Error::usage(format!("`FASTWRIGHT_UI` is `{name}`, which is no way to ask"))
        .hint("set it to `wizard`, `prompt` or `plain`, or to nothing")
}

#[cfg(test)]
mod tests {
    use super::{Face, Facts, choose};

    const TERMINAL: Facts<'_> = Facts {
        wanted: None,
        is_refused: false,
        ci: None,
        accessible: None,
        variable: None,
        term: Some("xterm"),
        terminals: (true, true),
        size: Some((80, 24)),
    };

    #[test]
    fn the_first_rule_that_fits_chooses() {
        let no_terminal = Facts { terminals: (false, true), ..TERMINAL };
        let wants = |face| Facts { wanted: Some(face), ..TERMINAL };
        let cases = [
            (TERMINAL, Face::Wizard),
            (Facts { size: None, ..TERMINAL }, Face::Wizard),
            (Facts { size: Some((40, 10)), ..TERMINAL }, Face::Wizard),
            (Facts { size: Some((39, 10)), ..TERMINAL }, Face::Prompt),
            (Facts { size: Some((40, 9)), ..TERMINAL }, Face::Prompt),
            (Facts { term: Some("dumb"), ..TERMINAL }, Face::Plain),
            (Facts { term: Some("dumb"), size: Some((1, 1)), ..TERMINAL }, Face::Plain),
            (Facts { variable: Some("plain"), ..TERMINAL }, Face::Plain),
            (Facts { variable: Some("prompt"), ..TERMINAL }, Face::Prompt),
            (Facts { variable: Some("wizard"), term: Some("dumb"), ..TERMINAL }, Face::Wizard),
            (Facts { variable: Some(""), ..TERMINAL }, Face::Wizard),
            (Facts { variable: Some("plain"), ..wants(Face::Prompt) }, Face::Prompt),
            (Facts { accessible: Some("1"), ..TERMINAL }, Face::Plain),
            (Facts { accessible: Some("0"), ..TERMINAL }, Face::Wizard),
            (Facts { accessible: Some("false"), ..TERMINAL }, Face::Wizard),
            (Facts { accessible: Some(""), ..TERMINAL }, Face::Wizard),
            (Facts { ci: Some("1"), accessible: Some("1"), ..TERMINAL }, Face::Silent),
            (Facts { ci: Some("true"), ..TERMINAL }, Face::Silent),
            (Facts { ci: Some("false"), ..TERMINAL }, Face::Wizard),
            (Facts { ci: Some(""), ..TERMINAL }, Face::Wizard),
            (Facts { is_refused: true, ..TERMINAL }, Face::Silent),
            (no_terminal, Face::Silent),
            (Facts { terminals: (true, false), ..TERMINAL }, Face::Silent),
            (Facts { variable: Some("plain"), ..no_terminal }, Face::Silent),
            (Facts { wanted: Some(Face::Plain), ..no_terminal }, Face::Plain),
            (Facts { ci: Some("1"), ..wants(Face::Plain) }, Face::Plain),
            (Facts { is_refused: true, ..wants(Face::Prompt) }, Face::Prompt),
            (Facts { term: Some("dumb"), ..wants(Face::Wizard) }, Face::Wizard),
            (Facts { size: Some((1, 1)), ..wants(Face::Wizard) }, Face::Wizard),
        ];

        for (facts, expected) in cases {
            assert_eq!(choose(&facts), Ok(expected), "{facts:?}");
        }
    }

    #[test]
    fn a_variable_that_names_no_face_is_refused() {
        let facts = Facts { variable: Some("curses"), ..TERMINAL };

        let error = choose(&facts).expect_err("refused");

        assert_eq!(error.exit().status(), 2);
        assert!(error.to_string().contains("`FASTWRIGHT_UI` is `curses`"), "{error}");
    }

    #[test]
    fn a_face_that_needs_a_terminal_is_refused_without_one() {
        for terminals in [(false, true), (true, false), (false, false)] {
            for face in [Face::Wizard, Face::Prompt] {
                let facts = Facts { wanted: Some(face), terminals, ..TERMINAL };
                assert_eq!(choose(&facts).map_err(|error| error.exit().status()), Err(2));
            }
        }
    }
}
