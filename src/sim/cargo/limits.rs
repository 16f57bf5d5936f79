//! How much one user may publish: a bucket for new crates and one for new versions, each filled again by the clock.

use super::refusal::{Checked, Refusal};

/// A bucket: how much it holds, and how long one more takes to come.
#[derive(Clone, Debug)]
struct Bucket {
    what: &'static str,
    burst: u32,
    refill_s: u64,
    /// What is left, and when it was last counted; none before the first use.
    left: Option<(u32, u64)>,
}

/// Both buckets, and the moment until which nothing is taken at all.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    new_crates: Bucket,
    updates: Bucket,
    closed_until: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let bucket = |what, burst, refill_s| Bucket { what, burst, refill_s, left: None };
        Self {
            new_crates: bucket("published too many new crates", 5, 600),
            updates: bucket("published too many updates to existing crates", 30, 60),
            closed_until: 0,
        }
    }
}

impl Limits {
    /// Sets how much each bucket holds.
    pub(super) const fn set_bursts(&mut self, new_crates: u32, updates: u32) {
        self.new_crates.burst = new_crates;
        self.updates.burst = updates;
        self.new_crates.left = None;
        self.updates.left = None;
    }

    /// Takes nothing before `until`, and gives the refusal that says so.
    pub(super) fn close(&mut self, until: u64) -> Refusal {
        self.closed_until = until;
        Refusal::too_many("sent too many requests", until)
    }

    /// Whether anything is taken at all.
    ///
    /// # Errors
    /// 429 while it is not.
    pub(super) fn are_open(&self, now: u64) -> Checked<()> {
        if now < self.closed_until {
            return Err(Refusal::too_many("sent too many requests", self.closed_until));
        }
        Ok(())
    }

    /// Counts a crate that a user publishes.
    ///
    /// # Errors
    /// 429 when the bucket is empty.
    pub(super) fn count(&mut self, is_new: bool, now: u64) -> Checked<()> {
        let bucket = if is_new { &mut self.new_crates } else { &mut self.updates };
        bucket.take(now)
    }
}

impl Bucket {
    fn take(&mut self, now: u64) -> Checked<()> {
        let (left, counted_at) = self.left.unwrap_or((self.burst, now));
        let came = now.saturating_sub(counted_at) / self.refill_s;
        let left = u64::from(left).saturating_add(came).min(u64::from(self.burst));
        let left = u32::try_from(left).unwrap_or(self.burst);
        let counted_at = if left == self.burst { now } else { counted_at + came * self.refill_s };
        match left.checked_sub(1) {
            Some(rest) => {
                self.left = Some((rest, counted_at));
                Ok(())
            }
            None => {
                self.left = Some((left, counted_at));
                Err(Refusal::too_many(self.what, counted_at + self.refill_s))
            }
        }
    }
}
