//! The explanation of the focused option: whom it fits, what it costs, adds and needs.

use ratatui::layout::Rect;

use super::super::model::Wizard;
use super::super::options::Choice;
use super::super::preview::Mark;
use super::super::state::cursor::Focus;
use super::super::state::panes::Page;
use super::super::theme::Role;
use super::canvas::{Canvas, wrap_behind};
use crate::answer::flag;
use crate::pack::{Component, Contribution, Kind, Question, Relation, Value, YES};

impl Wizard<'_> {
    pub(super) fn why_title(&self) -> String {
        match self.focused() {
            Some((_, Some(choice))) if choice.label != YES && choice.label != "no" => {
                format!("Why {}", choice.label)
            }
            Some((question, Some(choice))) => format!("{}: {}", question.label, choice.label),
            Some((question, None)) => question.label.clone(),
            None => String::new(),
        }
    }

    /// Returns the focused question with the option under the cursor.
    pub(super) fn focused(&self) -> Option<(&Question, Option<&Choice>)> {
        let Focus::Question { key, option } = self.cursor().focus() else { return None };
        let question = self.pack_question(key)?;
        Some((question, self.facts().choices.get(key).and_then(|choices| choices.get(*option))))
    }

    fn component(&self, question: &Question, choice: &Choice) -> Option<&Component> {
        let value = match &choice.value {
            Value::Bool(true) => YES.to_owned(),
            value => value.to_string(),
        };
        self.world().pack.component(&question.key, &value)
    }

    pub(super) fn draw_why(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let mut lines = self.why_lines(usize::from(area.width));
        let room = usize::from(area.height);
        if lines.len() > room {
            lines.retain(|(label, text, _)| !label.is_empty() || !text.is_empty());
        }
        let mut first = self.panes().why().min(lines.len().saturating_sub(room));
        // What tells how much more there is takes a line of its own.
        let is_cut = room > 1 && first + room < lines.len();
        let room = room - usize::from(is_cut);
        first = first.min(lines.len().saturating_sub(room));
        for (y, (label, text, role)) in (area.top()..).zip(lines[first..].iter().take(room)) {
            let x = canvas.text(area.x, y, area.width, label, Role::Title);
            canvas.text(x, y, area.right().saturating_sub(x), text, *role);
        }
        if is_cut {
            // On the page of its own there is nothing more to open.
            let way = if self.panes().page() == Page::Why { "" } else { ": i" };
            let text = format!(" {} more{way} ", lines.len() - first - room);
            let cells = super::canvas::width(&text);
            let x = area.right().saturating_sub(cells);
            canvas.text(x, area.bottom() - 1, cells, &text, Role::Selected);
        }
    }

    /// Returns lines of a label, a text and the text's role.
    fn why_lines(&self, cells: usize) -> Vec<(String, String, Role)> {
        let mut lines = Vec::new();
        let Some((question, choice)) = self.focused() else { return lines };
        match choice {
            Some(choice) => self.explain_choice(&mut lines, cells, question, choice),
            None => explain_question(&mut lines, cells, question),
        }
        if let Some(effect) = self.effect() {
            part(&mut lines, cells, "Changes: ", &[effect], Role::Text);
        }
        let text = choice.map_or_else(
            || format!("--{} {}", question.key.flag(), question.placeholder()),
            |choice| flag(&question.key, &choice.value),
        );
        let flag = format!("{text}, or {}", question.key.variable());
        part(&mut lines, cells, "Flag: ", &[flag], Role::Faint);
        lines
    }

    fn explain_choice(
        &self,
        lines: &mut Vec<(String, String, Role)>,
        cells: usize,
        question: &Question,
        choice: &Choice,
    ) {
        if let Some(obstacle) = &choice.obstacle {
            let reason = match obstacle.problem.clash() {
                Some(clash) => clash.reason.clone(),
                None => obstacle.problem.problem.message.clone(),
            };
            let words = self.in_the_way(obstacle, &question.key);
            part(
                lines,
                cells,
                "Unavailable: ",
                &[format!("{words}, because {reason}.")],
                Role::Issue,
            );
            if let Some(fix) = &obstacle.fix {
                let also: Vec<String> = fix
                    .iter()
                    .map(|(key, value)| self.named(key, std::slice::from_ref(value)))
                    .collect();
                let text = format!("Enter offers to set {} too.", also.join(" and "));
                part(lines, cells, "Way out: ", &[text], Role::Text);
            }
        }
        part(
            lines,
            cells,
            "",
            std::slice::from_ref(if choice.help.is_empty() {
                &question.help
            } else {
                &choice.help
            }),
            Role::Text,
        );
        let Some(component) = self.component(question, choice) else { return };
        part(lines, cells, "Fits: ", &component.fits, Role::Text);
        part(lines, cells, "Costs: ", &component.costs, Role::Text);
        let adds = self.adds(component);
        if !adds.is_empty() {
            part(lines, cells, "Adds: ", &[adds], Role::Text);
        }
        let relation = |relation: &Relation| {
            let others: Vec<String> =
                relation.when.entries().map(|(key, values)| self.named(key, values)).collect();
            let fixable = if relation.fix.is_empty() { "" } else { " (fixable)" };
            format!("{}: {}{fixable}", others.join(" and "), relation.reason)
        };
        let needs: Vec<String> = component.requires.iter().map(relation).collect();
        part(lines, cells, "Needs: ", &needs, Role::Text);
        let own = (&question.key, &choice.value);
        let against = self.world().pack.conflicts.iter().filter(|conflict| {
            let mut entries = conflict.when.entries();
            entries.any(|(key, values)| key == own.0 && values.contains(own.1))
        });
        let against = against.map(|conflict| {
            let others = conflict.when.entries().filter(|(key, _)| *key != own.0);
            let others: Vec<String> = others.map(|(key, values)| self.named(key, values)).collect();
            format!("{}: {}", others.join(" and "), conflict.reason)
        });
        let conflicts: Vec<String> =
            component.conflicts.iter().map(relation).chain(against).collect();
        part(lines, cells, "Not with: ", &conflicts, Role::Text);
    }

    /// Tells what a component brings beside these answers.
    fn adds(&self, component: &Component) -> String {
        let own = format!("components/{}/{}/", component.question, component.choice);
        let holds = |overlay: &&crate::pack::Overlay| {
            self.world().pack.uses(overlay, |key| self.facts().value(key))
        };
        let overlays: Vec<_> = component.overlays.iter().filter(holds).collect();
        let folders = overlays.iter().map(|overlay| format!("{own}{}/files/", overlay.folder));
        let files: usize = std::iter::once(format!("{own}files/"))
            .chain(folders)
            .map(|folder| self.world().pack.files(&folder).len())
            .sum();
        let all: Vec<&Contribution> = std::iter::once(&component.adds)
            .chain(overlays.iter().map(|overlay| &overlay.adds))
            .collect();
        let services: Vec<&str> =
            all.iter().flat_map(|adds| &adds.services).map(|one| one.name.as_str()).collect();
        let packages: Vec<&str> = all
            .iter()
            .flat_map(|adds| &adds.dependencies.runtime)
            // Without the marker behind it.
            .map(|name| name.split(" ;").next().unwrap_or_default())
            .collect();
        let variables: usize = all.iter().map(|adds| adds.environment.len()).sum();
        let counted = |count: usize, name: &str| match count {
            0 => None,
            1 => Some(format!("1 {name}")),
            many => Some(format!("{many} {name}s")),
        };
        let with = |count: Option<String>, names: Vec<&str>| {
            count.map(|count| format!("{count} ({})", names.join(", ")))
        };
        let parts = [
            counted(files, "file"),
            with(counted(services.len(), "service"), services),
            with(counted(packages.len(), "package"), packages),
            counted(variables, "setting"),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Tells what the focused option changes in the files.
    pub(super) fn effect(&self) -> Option<String> {
        if self.world().is_upgrade() {
            return None;
        }
        let preview = &self.facts().preview;
        let counts = [
            (preview.count(Mark::Added), "come", "comes"),
            (preview.count(Mark::Changed), "change", "changes"),
            (preview.count(Mark::Removed), "go", "goes"),
        ];
        let counts = counts.iter().filter(|(count, _, _)| *count > 0).enumerate();
        let words: Vec<String> = counts
            .map(|(index, (count, many, one))| {
                let files = match (index, count) {
                    (0, 1) => " file",
                    (0, _) => " files",
                    _ => "",
                };
                format!("{count}{files} {}", if *count == 1 { one } else { many })
            })
            .collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

fn explain_question(lines: &mut Vec<(String, String, Role)>, cells: usize, question: &Question) {
    part(lines, cells, "", std::slice::from_ref(&question.help), Role::Text);
    if let Kind::Text(rules) = &question.kind {
        part(lines, cells, "Takes: ", rules.rule.as_slice(), Role::Text);
        part(lines, cells, "For example: ", rules.example.as_slice(), Role::Text);
    }
    let default = question.default_text().replace("<directory>", "the folder's name");
    if !default.is_empty() {
        part(lines, cells, "Default: ", &[default], Role::Text);
    }
    part(lines, cells, "", &["An empty field is the default.".to_owned()], Role::Faint);
}

/// Adds a label with texts, each on lines of its own that hang below it.
fn part(
    lines: &mut Vec<(String, String, Role)>,
    cells: usize,
    label: &str,
    texts: &[String],
    role: Role,
) {
    if texts.is_empty() {
        return;
    }
    if !lines.is_empty() {
        lines.push((String::new(), String::new(), role));
    }
    let mut label = label.to_owned();
    let hanging = "  ".to_owned();
    for text in texts {
        for line in wrap_behind(text, cells.saturating_sub(label.len()), cells.saturating_sub(2)) {
            let next = std::mem::replace(&mut label, hanging.clone());
            lines.push((next, line, role));
        }
        if label == hanging && texts.len() > 1 {
            "- ".clone_into(&mut label);
        }
    }
}
