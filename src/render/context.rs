//! The names that templates may use.

use std::collections::{BTreeMap, BTreeSet};

use tera::Context;

use crate::answer::Answers;
use crate::error::{Error, Result};
use crate::pack::{Component, Contribution, Overlay, Pack, Variable, interpolate};

/// A chosen component with the overlays whose conditions hold.
pub(super) struct Chosen<'a> {
    pub component: &'a Component,
    pub overlays: Vec<&'a Overlay>,
}

impl Chosen<'_> {
    /// Returns the folders with this component's files and fragments.
    pub fn folders(&self) -> Vec<String> {
        let own = format!("components/{}/{}/", self.component.question, self.component.choice);
        let overlays = self.overlays.iter().map(|overlay| format!("{own}{}/", overlay.folder));
        std::iter::once(own.clone()).chain(overlays).collect()
    }

    fn contributions(&self) -> impl Iterator<Item = &Contribution> {
        std::iter::once(&self.component.adds)
            .chain(self.overlays.iter().map(|overlay| &overlay.adds))
    }
}

/// Returns the components that the answers choose, in the order of the questions.
pub(super) fn chosen<'a>(pack: &'a Pack, answers: &'a Answers) -> Vec<Chosen<'a>> {
    let mut all = Vec::new();
    for question in &pack.questions {
        let Some(answer) = answers.get(question.key.as_str()) else {
            continue;
        };
        all.extend(pack.chosen(question, answer).map(|component| {
            let holds = |overlay: &&Overlay| overlay.when.holds(|key| answers.get(key.as_str()));
            Chosen { component, overlays: component.overlays.iter().filter(holds).collect() }
        }));
    }
    all
}

/// Returns every name that a template may use, but for `anchors`.
pub(super) fn context(pack: &Pack, answers: &Answers, chosen: &[Chosen<'_>]) -> Result<Context> {
    let mut context = Context::new();
    for (key, value) in answers.iter() {
        context.insert(key.to_string(), value);
    }
    context.insert("project", &pack.project);
    let contributions: Vec<&Contribution> =
        std::iter::once(&pack.base).chain(chosen.iter().flat_map(Chosen::contributions)).collect();
    let environment: Vec<Variable> = contributions
        .iter()
        .flat_map(|adds| &adds.environment)
        .map(|variable| filled(variable, answers))
        .collect::<Result<_>>()?;
    context.insert("environment", &environment);
    let services: Vec<_> = contributions.iter().flat_map(|adds| &adds.services).collect();
    context.insert("services", &services);
    let runtime: BTreeSet<&String> =
        contributions.iter().flat_map(|adds| &adds.dependencies.runtime).collect();
    let development: BTreeSet<&String> =
        contributions.iter().flat_map(|adds| &adds.dependencies.development).collect();
    context.insert(
        "dependencies",
        &BTreeMap::from([("runtime", runtime), ("development", development)]),
    );
    Ok(context)
}

/// Fills the placeholders in the example of a variable.
fn filled(variable: &Variable, answers: &Answers) -> Result<Variable> {
    let example = interpolate(&variable.example, |key| answers.get(key).map(ToString::to_string));
    let example = example.map_err(|name| {
        Error::failed(format!("the example of `{}` is wrong", variable.name))
            .because(format_args!("there is no answer for `{name}`"))
    })?;
    Ok(Variable { example, ..variable.clone() })
}
