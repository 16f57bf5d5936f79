//! How often one may ask: the hourly budget, and the limits that are not announced.

use std::collections::VecDeque;

use crate::sim::Response;

use super::reply::Refusal;

/// The limits that are in force.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Requests in an hour; a workflow's own token has 1,000 for its repository.
    pub hourly: u32,
    /// Requests that create something in a minute of simulated time; none means no such limit.
    pub creations_per_minute: Option<u32>,
    /// The same in an hour.
    pub creations_per_hour: Option<u32>,
    /// The next so many requests that create something are refused as if they came too fast.
    pub refuse_creations: u32,
    /// The `Retry-After` of those refusals, in seconds; none leaves the header out.
    pub retry_after_s: Option<u64>,
}

impl Limits {
    /// All limits as they are published: where time is simulated, whoever asks must heed them.
    pub fn published() -> Self {
        Self { creations_per_minute: Some(80), creations_per_hour: Some(500), ..Self::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            hourly: 1_000,
            creations_per_minute: None,
            creations_per_hour: None,
            refuse_creations: 0,
            retry_after_s: Some(60),
        }
    }
}

/// What has been used of the limits.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    used: u32,
    window_start_s: u64,
    creations_s: VecDeque<u64>,
    closed_until_s: u64,
}

impl Usage {
    /// Counts a request.
    ///
    /// # Errors
    ///
    /// The budget is used up, or too much was created too fast.
    pub(super) fn count(&mut self, limits: &mut Limits, creates: bool, now_s: u64) -> Result<(), Refusal> {
        if now_s >= self.window_start_s + 3_600 {
            (self.used, self.window_start_s) = (0, now_s);
        }
        if self.used >= limits.hourly {
            return Err(Refusal::new(403, "API rate limit exceeded for installation."));
        }
        self.used += 1;
        if !creates {
            return Ok(());
        }
        if limits.refuse_creations > 0 {
            limits.refuse_creations -= 1;
            return Err(too_fast(403, limits.retry_after_s));
        }
        if self.closed_until_s > now_s {
            return Err(too_fast(429, Some(self.closed_until_s - now_s)));
        }
        self.creations_s.retain(|created_s| created_s + 3_600 > now_s);
        let spans = [(60, limits.creations_per_minute), (3_600, limits.creations_per_hour)];
        let waits = spans.into_iter().filter_map(|(span_s, limit)| self.wait_s(span_s, limit?, now_s));
        if let Some(wait_s) = waits.max() {
            return Err(too_fast(403, Some(wait_s)));
        }
        self.creations_s.push_back(now_s);
        Ok(())
    }

    /// Takes nothing new before `until_s`, and gives the refusal that says so.
    pub(super) fn close(&mut self, until_s: u64, now_s: u64) -> Refusal {
        self.closed_until_s = until_s;
        too_fast(429, Some(until_s - now_s))
    }

    /// How long it takes until a span of `span_s` seconds has room for one creation more; nothing when it has.
    fn wait_s(&self, span_s: u64, limit: u32, now_s: u64) -> Option<u64> {
        let within = || self.creations_s.iter().filter(|created_s| **created_s + span_s > now_s);
        let surplus = within().count().checked_sub(limit as usize)?;
        within().nth(surplus).map_or(Some(span_s), |leaves_s| Some(leaves_s + span_s - now_s))
    }

    /// What is left, as a part of `GET /rate_limit`.
    pub(super) fn overview(&self, limits: &Limits) -> serde_json::Value {
        serde_json::json!({
            "limit": limits.hourly,
            "used": self.used,
            "remaining": limits.hourly - self.used.min(limits.hourly),
            "reset": self.window_start_s + 3_600,
        })
    }

    /// Adds the headers that tell what is left.
    pub(super) fn stamp(&self, limits: &Limits, response: Response) -> Response {
        let remaining = limits.hourly - self.used.min(limits.hourly);
        response
            .with("x-ratelimit-limit", limits.hourly.to_string())
            .with("x-ratelimit-remaining", remaining.to_string())
            .with("x-ratelimit-used", self.used.to_string())
            .with("x-ratelimit-reset", (self.window_start_s + 3_600).to_string())
            .with("x-ratelimit-resource", "core")
    }
}

fn too_fast(status: u16, retry_after_s: Option<u64>) -> Refusal {
    let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    let refusal = Refusal::new(status, message);
    match retry_after_s {
        Some(seconds) => refusal.with("retry-after", seconds.to_string()),
        None => refusal,
    }
}
