//! All rules over all records: the aggregate of `detect`.

use std::sync::Arc;

use crate::aggregate::Aggregate;
use crate::detect::config::Settings;
use crate::detect::event::{Reader, fact};
use crate::detect::finding::Finding;
use crate::detect::incident::{Incident, incidents};
use crate::detect::known::{Baseline, Known};
use crate::detect::profile::Profile;
use crate::detect::rule::About;
use crate::detect::rules::Rules;
use crate::detect::shelf::Room;
use crate::record::{Field, Record};
use crate::semantics::Geoip;
use crate::time::{Window, Zone};

/// What rules keep of the records.
pub(crate) struct Detector {
    settings: Arc<Settings>,
    looks_at_requests: bool,
    reader: Reader,
    profile: Profile,
    rules: Rules,
    /// How many of them were merged: one was filled by each thread.
    threads: usize,
}

/// What all rules have found.
pub(crate) struct Detected {
    /// The worst first.
    pub(crate) findings: Vec<Finding>,
    /// Those of them that belong together, the worst first.
    pub(crate) incidents: Vec<Incident>,
    /// The time that was learned from; `None` if there is too little.
    pub(crate) baseline: Option<Baseline>,
    /// The rules that said nothing for want of a baseline.
    pub(crate) without_history: Vec<&'static str>,
}

impl Detector {
    /// With these settings.
    pub(crate) fn new(settings: Arc<Settings>, room: &Room) -> Self {
        let rules = Rules::new(&settings, room);
        let looks_at_requests = settings.looks_at_requests();
        Self {
            settings,
            looks_at_requests,
            reader: Reader::default(),
            profile: Profile::default(),
            rules,
            threads: 1,
        }
    }

    /// How many tables of rules there are that need room.
    pub(crate) const TABLES: usize = 8;

    /// What was found. `asked` is the baseline that was typed. It is asked once; a failure to read temporary files is told by
    /// [`Space::check`](crate::spill::Space::check).
    pub(crate) fn finish(&mut self, asked: Option<Window>, zone: Zone, geoip: &Geoip) -> Detected {
        let known = Known::new(self.profile.entries(), asked, zone, geoip);
        let mut findings = self.rules.findings(&known, &self.settings, self.threads);
        findings.sort_by_cached_key(Finding::rank);
        let lacks_history = |about: &&'static About| about.needs_history && known.baseline.is_none();
        let running = self.settings.rules.iter().filter(|rule| rule.is_on).map(|rule| rule.about());
        let without_history = running.filter(lacks_history).map(|about| about.id).collect();
        let incidents = incidents(&findings, &known, self.threads);
        Detected { findings, incidents, baseline: known.baseline, without_history }
    }
}

impl Aggregate for Detector {
    #[inline]
    fn add(&mut self, record: &Record<'_>) {
        // Nobody asked for what S3 does by itself: lifecycle, checksums.
        if record.operation().is_s3_own() {
            return;
        }
        let settings = &self.settings;
        let of_request = if self.looks_at_requests { settings.quiet_of_request(record) } else { 0 };
        if of_request == u64::MAX {
            return;
        }
        let mut event = self.reader.read(record);
        let of_actor = self.profile.add(&mut event, || {
            let address = record.get(Field::RemoteIp).unwrap_or_default();
            let is_bad = settings.bad_network(address).is_some();
            (settings.quiet_of_actor(record), if is_bad { fact::BAD_ADDRESS } else { 0 })
        });
        let quiet = of_actor | of_request;
        if event.facts & self.rules.wanted() != 0 && quiet != u64::MAX {
            self.rules.add(&event, quiet);
        }
    }

    fn memory(&self) -> usize {
        self.profile.memory() + self.rules.memory()
    }

    fn merge(&mut self, other: Self) {
        self.threads += other.threads;
        self.profile.merge(other.profile, self.threads);
        self.rules.merge(other.rules);
    }
}
