//! How much memory answers may take.

use bytesize::ByteSize;

/// What a machine has that does not say.
const USUAL: u64 = 4 << 30;

/// The default: a quarter of what the machine, or the container on it, has; in bytes.
pub(super) fn default() -> ByteSize {
    ByteSize(machine().unwrap_or(USUAL) / 4)
}

/// Linux says it in files; elsewhere the usual has to do.
fn machine() -> Option<u64> {
    let total = meminfo(&std::fs::read_to_string("/proc/meminfo").ok()?)?;
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let container = container.and_then(|text| text.trim().parse().ok());
    Some(container.map_or(total, |container: u64| container.min(total)))
}

/// `MemTotal:       16384256 kB`
fn meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_says_what_it_has() {
        let text = "MemTotal:       16384256 kB\nMemFree:          123 kB\n";
        assert_eq!(meminfo(text), Some(16_384_256 * 1024));
        assert_eq!(meminfo(""), None);
        assert!(default().as_u64() > 0);
    }
}
