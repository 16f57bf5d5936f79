//! What happens while producers run: they end, and events tell of it, in whatever order.

use std::collections::BTreeSet;

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The run of this workflow leaves what it still has to leave, and ends well.
    End(String),
    /// Events that tell of the ends of these workflows' runs arrive at the same time. Each starts a run of the release.
    /// Where workflows release what they built by themselves, these runs go on to that.
    Events(Vec<String>),
}

/// How producers and events follow one another.
#[derive(Clone, Debug)]
pub(crate) enum Course {
    /// Each producer ends with its first event. Events arrive in this order, and those that are not named after them.
    Named(Vec<String>),
    /// Exactly so.
    Played(Vec<Happening>),
}

impl Default for Course {
    fn default() -> Self {
        Self::Named(Vec::new())
    }
}

/// A name that is no producer's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no workflow `{name}` builds what is rehearsed: there {}", known(.workflows))]
pub(crate) struct NoProducer {
    name: String,
    workflows: Vec<String>,
}

fn known(workflows: &[String]) -> String {
    let verb = if workflows.len() == 1 { "is" } else { "are" };
    format!("{verb} {}", workflows.join(", "))
}

impl Course {
    /// All that happens where these workflows build.
    pub(super) fn happenings(self, workflows: &[String]) -> Result<Vec<Happening>, NoProducer> {
        let named = match self {
            Self::Played(happenings) => return Ok(happenings),
            Self::Named(named) => named,
        };
        if let Some(name) = named.iter().find(|name| !workflows.contains(name)) {
            return Err(NoProducer { name: name.clone(), workflows: workflows.to_vec() });
        }
        let others: Vec<_> = workflows.iter().filter(|workflow| !named.contains(workflow)).cloned().collect();
        let mut ended = BTreeSet::new();
        let mut happenings = Vec::new();
        for workflow in named.into_iter().chain(others) {
            if ended.insert(workflow.clone()) {
                happenings.push(Happening::End(workflow.clone()));
            }
            happenings.push(Happening::Events(vec![workflow]));
        }
        Ok(happenings)
    }
}

/// How many events there are.
pub(super) fn events(happenings: &[Happening]) -> usize {
    let count = |happening: &Happening| match happening {
        Happening::End(_) => 0,
        Happening::Events(workflows) => workflows.len(),
    };
    happenings.iter().map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workflows() -> Vec<String> {
        ["main.yml", "wheels.yml"].map(str::to_owned).into()
    }

    fn told(named: &[&str]) -> Result<String, NoProducer> {
        let named = named.iter().map(|name| (*name).to_owned()).collect();
        let happenings = Course::Named(named).happenings(&workflows())?;
        let word = |happening: &Happening| match happening {
            Happening::End(workflow) => format!("{workflow} ends"),
            Happening::Events(workflows) => format!("event of {}", workflows.join(" and ")),
        };
        Ok(happenings.iter().map(word).collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn a_producer_ends_with_its_first_event() {
        let order = "main.yml ends, event of main.yml, wheels.yml ends, event of wheels.yml";
        assert_eq!(told(&[]).as_deref(), Ok(order));
        assert_eq!(told(&["main.yml"]).as_deref(), Ok(order));
        let other =
            "wheels.yml ends, event of wheels.yml, event of wheels.yml, main.yml ends, event of main.yml";
        assert_eq!(told(&["wheels.yml", "wheels.yml"]).as_deref(), Ok(other));
    }

    #[test]
    fn a_name_of_no_producer_is_answered_with_those_that_there_are() {
        let error = told(&["wheel.yml"]).expect_err("there is none");
        let expected = "no workflow `wheel.yml` builds what is rehearsed: there are main.yml, wheels.yml";
        assert_eq!(error.to_string(), expected);
    }
}
