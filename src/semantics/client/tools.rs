//! Programs by what people use them for, as far as their user agents say. Anyone can send any: a name is a hint, its absence is none.
//!
//! Sources: the systems for penetration tests are those of AWS, "GuardDuty S3 Protection finding types" (PenTest:S3/KaliLinux, ParrotLinux,
//! PentooLinux), whose kernels' names the AWS CLI and the SDKs put into their user agents; the scanners name themselves in their requests
//! by default.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};

/// What a program is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClientKind {
    /// An SDK, a browser, a service: nothing to say.
    Ordinary,
    /// A tool that people move files with.
    Tool,
    /// A system or a scanner of those who test or attack.
    Pentest,
}

/// Systems for penetration tests, and scanners of buckets and of the web.
pub(crate) const PENTEST: &str = r"[-/._ ]kali[0-9]*\b|[-/._ 0-9]parrot[0-9]*\b|\bpentoo|s3scanner|\bnuclei\b|\bsqlmap\b|\bnikto\b|gobuster|dirbuster|feroxbuster|\bffuf\b|fuzz faster u fool|wfuzz|masscan|zgrab|nmap scripting engine|wpscan|acunetix|\bnessus\b|openvas|cloud_enum|awsbucketdump|bucket[-_]?finder|trufflehog|l9explore|\bpacu\b|\bscoutsuite|\bprowler\b";

/// Tools that people move files with. SDKs and the AWS CLI are not among them.
pub(crate) const TOOLS: &str = r"^\[?(?:curl/|wget/|rclone/|s3 browser|cyberduck/|mountain duck/|winscp|filezilla|cloudberry|msp360|aria2/|s5cmd|httpie/|postmanruntime/|powershell/|mozilla/[^ ]+ \(windows nt; windows nt [^)]*\) windowspowershell/)";

static KINDS: LazyLock<Option<(Regex, Regex)>> = LazyLock::new(|| {
    let regex = |pattern| RegexBuilder::new(pattern).case_insensitive(true).unicode(false).build().ok();
    Some((regex(PENTEST)?, regex(TOOLS)?))
});

/// What the program is for that names itself so.
pub(crate) fn client_kind(user_agent: &[u8]) -> ClientKind {
    match KINDS.as_ref() {
        Some((pentest, _)) if pentest.is_match(user_agent) => ClientKind::Pentest,
        Some((_, tools)) if tools.is_match(user_agent) => ClientKind::Tool,
        _ => ClientKind::Ordinary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        for (user_agent, kind) in [
            ("aws-cli/2.15.30 Python/3.11.8 Linux/6.6.9-amd64 exe/x86_64.kali.2024", ClientKind::Pentest),
            ("aws-cli/1.22.34 Python/3.10.4 Linux/5.10.0-kali9-amd64 botocore/1.24", ClientKind::Pentest),
            ("Boto3/1.20 Python/3.9.2 Linux/5.16.0-12parrot1-amd64 Botocore/1.23", ClientKind::Pentest),
            ("Boto3/1.20 Python/3.9.2 Linux/5.15.2-pentoo Botocore/1.23", ClientKind::Pentest),
            ("sqlmap/1.7.2#stable (https://sqlmap.org)", ClientKind::Pentest),
            ("Nuclei - Open-source project (github.com/projectdiscovery/nuclei)", ClientKind::Pentest),
            ("curl/8.4.0", ClientKind::Tool),
            ("rclone/v1.65.0", ClientKind::Tool),
            ("S3 Browser/11.6.7 (https://s3browser.com)", ClientKind::Tool),
            ("Cyberduck/8.7.1.40770 (Mac OS X/14.2) (x86_64)", ClientKind::Tool),
            ("WinSCP/6.1.2 neon/0.32.5", ClientKind::Tool),
            ("Boto3/1.34.2 md/Botocore#1.34.2 ua/2.0", ClientKind::Ordinary),
            ("aws-sdk-go-v2/1.30.1 os/linux", ClientKind::Ordinary),
            ("Mozilla/5.0 (compatible; Yahoo! Slurp/3.0)", ClientKind::Ordinary),
            ("", ClientKind::Ordinary),
        ] {
            assert_eq!(client_kind(user_agent.as_bytes()), kind, "{user_agent}");
        }
    }
}
