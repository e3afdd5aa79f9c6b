//! Requests that can be read on their way, or signed as S3 no longer wants it.

use crate::detect::config::RuleSettings;
use crate::detect::event::{Event, fact, mix};
use crate::detect::finding::{Finding, Severity};
use crate::detect::groups::Groups;
use crate::detect::known::Known;
use crate::detect::rule::{About, Rule};
use crate::detect::shelf::Room;
use crate::semantics::Security;

/// What is weak; the worst first.
#[derive(Clone, Copy)]
enum Weakness {
    PlainHttp,
    OldTls,
    SigV2,
}

/// The rule.
pub(crate) struct WeakCrypto {
    /// A table for each weakness.
    groups: [Groups; 3],
}

impl Rule for WeakCrypto {
    const ABOUT: &'static About = &About {
        id: "weak-crypto",
        title: "Plain HTTP, TLS before 1.2 or Signature Version 2",
        severity: Severity::Low,
        tactic: "TA0006 Credential Access",
        technique: "T1040 Network Sniffing",
        fires: "A client's request has no cipher suite (plain HTTP), a TLS version below 1.2 in any spelling (AWS writes `TLSv1` for 1.0), or a signature \
                of version 2. One finding for each requester, bucket and weakness.",
        unseen: "Lines that are older than these fields (March 2019) say nothing. S3's own work and the source's records of copies come over no \
                 connection of a client.",
        next: "Update the client. A policy that denies requests where aws:SecureTransport is false, or s3:TlsVersion is below 1.2, keeps it so.",
        ..About::DEFAULT
    };
    const WANTS: u32 = fact::WEAK;

    fn new(_: &RuleSettings, _: &Room) -> Self {
        Self { groups: Default::default() }
    }

    fn add(&mut self, event: &Event<'_, '_>) {
        let security = Security::of(event.record);
        let weakness = match () {
            () if security.is_plain_http() => Weakness::PlainHttp,
            () if security.is_old_tls() => Weakness::OldTls,
            () => Weakness::SigV2,
        };
        self.groups[weakness as usize].add(mix(event.bucket, event.who.hash), event);
    }

    fn merge(&mut self, other: Self) {
        self.groups.iter_mut().zip(other.groups).for_each(|(groups, other)| groups.merge(other));
    }

    fn memory(&self) -> usize {
        self.groups.iter().map(Groups::memory).sum()
    }

    fn findings(&mut self, _: &Known<'_>) -> Vec<Finding> {
        let weaknesses = [
            ("plain HTTP: can be read and changed on its way", "cipher_suite=-"),
            ("TLS before 1.2", "tls_version=1.0,1.1"),
            ("Signature Version 2", "signature_version=SigV2"),
        ];
        let of = |(groups, (why, condition)): (&Groups, (&'static str, &'static str))| {
            let finding = |(_, hits)| Finding::of(Self::ABOUT, hits, why).show("--where", condition);
            groups.all().map(finding).collect::<Vec<_>>()
        };
        self.groups.iter().zip(weaknesses).flat_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::testing::{at, said};

    #[test]
    fn each_weakness_in_all_spellings() {
        let with = |from: &str, to: &str| {
            let line = at(1, 0);
            let tail = line.tail.replace(from, to);
            line.tail(tail)
        };
        let plain = with("TLS_AES_128_GCM_SHA256", "-").tail.replace("TLSv1.3", "-");
        let lines = [
            with("TLSv1.3", "TLSv1"),
            with("TLSv1.3", "TLSV1.1"),
            with("SigV4", "SigV2"),
            at(1, 0).tail(plain),
        ];
        assert_eq!(
            said("weak-crypto", &lines),
            [
                "low 1 Signature Version 2",
                "low 2 TLS before 1.2",
                "low 1 plain HTTP: can be read and changed on its way",
            ]
        );
        let near = [at(1, 0), with("TLSv1.3", "TLSV1.2"), at(1, 0).tail(""), at(1, 0).anonymous()];
        assert!(said("weak-crypto", &near).is_empty());
    }
}
