//! The names that templates may use.

use std::collections::{BTreeMap, BTreeSet};

use tera::Context;

use crate::answer::Answers;
use crate::error::{Error, Result};
use crate::pack::{Contribution, Fact, Overlay, Pack, Value, Variable, interpolate};

/// A folder with files and fragments that the answers use, and what it declares.
pub(super) struct Used<'a> {
    pub folder: String,
    adds: &'a Contribution,
}

/// Returns the folders that the answers use: shared ones first, then those of the chosen
/// components, in the order of the questions, each before its overlays.
pub(super) fn used<'a>(pack: &'a Pack, answers: &'a Answers) -> Vec<Used<'a>> {
    let mut all = overlays(pack, &pack.overlays, "", answers);
    for question in &pack.questions {
        let Some(answer) = answers.get(question.key.as_str()) else {
            continue;
        };
        for component in pack.chosen(question, answer) {
            let folder = format!("components/{}/{}/", component.question, component.choice);
            let overlays = overlays(pack, &component.overlays, &folder, answers);
            all.push(Used { folder, adds: &component.adds });
            all.extend(overlays);
        }
    }
    all
}

/// Returns the overlays whose conditions hold.
fn overlays<'a>(
    pack: &Pack,
    overlays: &'a [Overlay],
    beside: &str,
    answers: &Answers,
) -> Vec<Used<'a>> {
    let holds = |overlay: &&Overlay| pack.uses(overlay, |key| answers.get(key.as_str()));
    let used = |overlay: &'a Overlay| Used {
        folder: format!("{beside}{}/", overlay.folder),
        adds: &overlay.adds,
    };
    overlays.iter().filter(holds).map(used).collect()
}

/// Returns every name that a template may use, but for `anchors`.
pub(super) fn context<'a>(
    pack: &'a Pack,
    answers: &'a Answers,
    used: &[Used<'_>],
) -> Result<Context> {
    let mut context = Context::new();
    for (key, value) in answers.iter() {
        context.insert(key.to_string(), value);
    }
    context.insert("project", &pack.project);
    let fact = |fact: &'a Fact| {
        Some((fact.key.as_str(), pack.fact(&fact.key, |key| answers.get(key.as_str()))?))
    };
    let facts: BTreeMap<&str, &Value> = pack.facts.iter().filter_map(fact).collect();
    context.insert("facts", &facts);
    let contributions: Vec<&Contribution> =
        std::iter::once(&pack.base).chain(used.iter().map(|used| used.adds)).collect();
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
