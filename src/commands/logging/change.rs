//! `logging enable` and `logging disable`: the plan, and carrying it out.

use anyhow::{Context as _, anyhow, bail};

use super::status::missing_of_target;
use super::{Args, Asked};
use crate::logging::{Disable, Enable, Plan, Refusal, Step, command};
use crate::report::{Column, Report, Table, Value};
use crate::run::Exit;
use crate::source::s3::{Fact, TargetFacts};

pub(super) fn enable(asked: &Asked, args: &Args) -> anyhow::Result<Exit> {
    let Some(target) = &args.target else { bail!("--target LOGS is missing") };
    let account = asked.account.clone().context(
        "the number of the account is not known, which the policy of the log bucket is to name: add \
         --expected-bucket-owner ACCOUNT",
    )?;
    let buckets = names(args);
    // Logs of other buckets must not mix with theirs, and those of the target must not come back.
    let mut all = buckets.clone();
    all.push(target.to_string());
    all.extend(asked.own.known().into_iter().flatten().cloned());
    all.sort_unstable();
    all.dedup();
    if let Fact::Denied(action) = asked.own {
        asked.output.messages.warn(&format!(
            "{action} is missing: whether logs of other buckets would mix with these is not known"
        ));
    }
    let sources = asked.survey.sources(&all)?;
    let facts = asked.survey.target(target.as_str(), &asked.own)?;
    let enable = Enable {
        target: target.to_string(),
        prefix: args.prefix().to_owned(),
        layout: args.layout.unwrap_or_default().into(),
        expire: args.expire,
        create_target: args.create_target,
        account,
    };
    warn_of_missing(asked, &facts);
    let go_on = "the same command goes on with those that are not".to_owned();
    carry_out(asked, args, enable.plan(&buckets, &sources, &facts), &go_on)
}

/// Says what could not be asked, where the plan takes it for harmless.
fn warn_of_missing(asked: &Asked, target: &TargetFacts) {
    for (what, why) in missing_of_target(target) {
        let name = &target.bucket;
        asked
            .output
            .messages
            .warn(&format!("{name}: {what} could not be asked, and may stand against it: {why}"));
    }
}

pub(super) fn disable(asked: &Asked, args: &Args) -> anyhow::Result<Exit> {
    let buckets = names(args);
    let (sources, mut targets) = asked.survey.of(&buckets, &asked.own)?;
    let target = args.target.as_ref().map(ToString::to_string);
    if let Some(name) = &target
        && !targets.contains_key(name)
    {
        targets.insert(name.clone(), asked.survey.target(name, &asked.own)?);
    }
    for target in targets.values() {
        if let Some(problem) = target.policy.problem() {
            asked.output.messages.warn(&format!(
                "{}: {problem}, so that the statement of s3al, if there is one, stays in its policy",
                target.bucket
            ));
        }
    }
    let go_on = "the same command goes on with those that are not; with --target LOGS it finds statements in the policy of \
                 LOGS for buckets whose logging is off already"
        .to_owned();
    carry_out(asked, args, Disable { target }.plan(&buckets, &sources, &targets), &go_on)
}

fn names(args: &Args) -> Vec<String> {
    let mut names: Vec<String> = args.buckets.iter().map(ToString::to_string).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Planned,
    Done,
    Failed,
    NotDone,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::NotDone => "not done",
        }
    }
}

/// `go_on` is how to go on after a failure in the middle.
fn carry_out(
    asked: &Asked,
    args: &Args,
    plan: Result<Plan, Vec<Refusal>>,
    go_on: &str,
) -> anyhow::Result<Exit> {
    let messages = asked.output.messages;
    let plan = match plan {
        Ok(plan) => plan,
        Err(reasons) => {
            reasons.iter().for_each(|reason| messages.error(&anyhow!("{reason}")));
            bail!("nothing was changed");
        }
    };
    let mut states = vec![State::Planned; plan.len()];
    let mut failure = None;
    if args.apply {
        states.fill(State::NotDone);
        for (step, state) in plan.iter().zip(&mut states) {
            match asked.survey.apply(&step.change) {
                Ok(()) => *state = State::Done,
                Err(error) => {
                    *state = State::Failed;
                    failure = Some(anyhow::Error::from(error).context(step.what.clone()));
                    break;
                }
            }
        }
    }
    asked.write(report(&plan, &states, args.apply))?;
    let done = states.iter().filter(|state| **state == State::Done).count();
    let Some(error) = failure else {
        if plan.is_empty() {
            messages.note("all is as it is to be: there is nothing to change");
        } else if !args.apply {
            messages.note("nothing was changed; --apply makes these changes");
        }
        return Ok(Exit::Done);
    };
    messages.error(&error);
    messages.note(&format!("{done} of {} changes are made; {go_on}", plan.len()));
    Ok(match Exit::of_error(&error) {
        Exit::Nothing if done > 0 => Exit::Partial,
        exit => exit,
    })
}

/// The changes and what became of them.
pub(super) fn report(plan: &[Step], states: &[State], applies: bool) -> Report {
    let tables = vec![table(plan, states, applies)];
    Report { name: "logging", main: "changes", tables, ..Report::default() }
}

fn table(plan: &[Step], states: &[State], applies: bool) -> Table {
    let rows: Vec<(u64, &Step, State)> =
        (1..).zip(plan.iter().zip(states)).map(|(number, (step, state))| (number, step, *state)).collect();
    let text = |text: &str| Value::text(Some(text.as_bytes()));
    let title = if applies { "Changes" } else { "What is to be changed" };
    Table::builder("changes", title, rows)
        .column("step", Value::Count, |(number, ..)| *number)
        .word("state", |(.., state)| state.name())
        .one(Column::end("change"), move |(_, step, _)| text(&step.what))
        .one(Column::end("without_it"), move |(_, step, _)| text(step.without))
        .one(Column::end("json"), move |(_, step, _)| text(&command(&step.change).0.to_string()))
        .one(Column::end("command"), move |(_, step, _)| text(&command(&step.change).1))
        .one_at_a_time()
        .build()
}
