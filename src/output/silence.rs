//! What is said where S3 does not answer, while it does not.

use std::time::{Duration, Instant};

use super::human;

/// People wait so long before they wonder.
const NOTE_AFTER: Duration = Duration::from_secs(4);
/// While it goes on, it is said again.
const NOTE_INTERVAL: Duration = Duration::from_secs(30);

/// Since when S3 has answered no request.
#[derive(Debug, Default)]
pub(super) struct Silence {
    answered: u64,
    since: Option<Instant>,
    noted: Option<Instant>,
}

impl Silence {
    /// What to say, when it is time to: so many requests wait for an answer now, and so many have got one by now.
    pub(super) fn note(&mut self, awaited: u64, answered: u64, now: Instant) -> Option<String> {
        if awaited == 0 || answered != self.answered {
            *self = Self { answered, ..Self::default() };
        }
        if awaited == 0 {
            return None;
        }
        let silent = now.duration_since(*self.since.get_or_insert(now));
        let is_due = self.noted.is_none_or(|noted| now.duration_since(noted) >= NOTE_INTERVAL);
        if silent < NOTE_AFTER || !is_due {
            return None;
        }
        self.noted = Some(now);
        Some(format!(
            "S3 has answered no request in full for {}; one without an answer is sent again. If it goes on, check the network, --region and \
             --endpoint-url",
            human::duration(silent.as_secs() * 1000)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_while_it_goes_on() {
        let begin = Instant::now();
        let said = |silence: &mut Silence,
                    seconds: std::ops::Range<u64>,
                    awaited: u64,
                    answered: &dyn Fn(u64) -> u64| {
            let notes = seconds.filter_map(|second| {
                silence
                    .note(awaited, answered(second), begin + Duration::from_secs(second))
                    .map(|note| (second, note))
            });
            notes.collect::<Vec<_>>()
        };
        let mut silence = Silence::default();
        // Whoever asks for nothing, or gets answers, waits for none.
        assert_eq!(said(&mut silence, 0..100, 0, &|_| 0), []);
        assert_eq!(said(&mut silence, 100..200, 3, &|second| second / 3), []);
        // The last answer came at 198.
        let notes = said(&mut silence, 200..280, 3, &|_| 66);
        let seconds: Vec<u64> = notes.iter().map(|(second, _)| *second).collect();
        assert_eq!(seconds, [202, 232, 262]);
        assert!(notes[1].1.starts_with("S3 has answered no request in full for 34.0 s;"), "{}", notes[1].1);
        // It begins anew.
        assert_eq!(said(&mut silence, 280..282, 3, &|_| 67), []);
        assert_eq!(said(&mut silence, 282..284, 0, &|_| 67), []);
        assert_eq!(said(&mut silence, 284..289, 1, &|_| 67).len(), 1);
    }
}
