//! Which dated releases of a channel have had their time.

use super::mark::Mark;
use crate::model::channel::{ChannelName, Day};
use crate::remote::github::Release;

/// The releases of the channel that are older than the `keep` newest days, the oldest first. Only ours are counted and
/// named: they have our mark, and a tag of the channel's form. `current` is the one that is being made, and stays.
pub(super) fn outlived<'a>(
    releases: &'a [Release],
    channel: &ChannelName,
    current: &str,
    keep: usize,
) -> Vec<&'a Release> {
    let ours = releases.iter().filter_map(|release| {
        let day = channel.day_of(&release.tag_name)?;
        Mark::of(&release.body, channel).map(|_| (day, release))
    });
    let mut ours: Vec<(Day, &Release)> = ours.filter(|(_, release)| release.tag_name != current).collect();
    ours.sort_by(|one, other| (&one.0, one.1.id).cmp(&(&other.0, other.1.id)));
    let published = ours.iter().filter(|(_, release)| !release.draft).map(|(day, _)| day.clone());
    let mut days: Vec<Day> = published.chain(channel.day_of(current)).collect();
    days.sort();
    days.dedup();
    let Some(first_kept) = days.iter().rev().nth(keep.saturating_sub(1)) else { return Vec::new() };
    // A draft that old is what is left of a release whose tag went first, or of a build that never came to its end.
    ours.into_iter().filter(|(day, _)| day < first_kept).map(|(_, release)| release).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::github;

    fn release(tag: &str, draft: bool, ours: bool) -> Release {
        let channel: ChannelName = "nightly".parse().expect("good");
        let mark = Mark::new("a".repeat(40).parse().expect("good"), std::iter::empty()).line(&channel);
        Release {
            id: tag.len() as u64,
            tag_name: tag.to_owned(),
            name: tag.to_owned(),
            body: if ours { github::marked(&mark) } else { mark },
            draft,
            prerelease: true,
            immutable: false,
            html_url: String::new(),
            upload_url: String::new(),
        }
    }

    fn gone(releases: &[Release], current: &str, keep: usize) -> Vec<String> {
        let channel: ChannelName = "nightly".parse().expect("good");
        outlived(releases, &channel, current, keep).into_iter().map(|gone| gone.tag_name.clone()).collect()
    }

    #[test]
    fn the_newest_days_stay_and_the_one_in_the_making_counts() {
        let all: Vec<_> = ["20261118", "20261116", "20261117"]
            .map(|day| release(&format!("nightly-{day}"), false, true))
            .into();
        assert_eq!(
            gone(&all, "nightly-20261119", 1),
            ["nightly-20261116", "nightly-20261117", "nightly-20261118"]
        );
        assert_eq!(gone(&all, "nightly-20261119", 3), ["nightly-20261116"]);
        assert_eq!(gone(&all, "nightly-20261119", 4), [""; 0]);
        assert_eq!(gone(&all, "nightly-20261118", 2), ["nightly-20261116"], "it is counted once");
        assert_eq!(gone(&all, "nightly-20261101", 3), [""; 0], "an old one that is made again stays");
    }

    #[test]
    fn what_is_not_ours_or_not_of_the_channel_is_never_named() {
        let others = [
            release("nightly-20261101", false, false),
            release("nightly", false, true),
            release("nightly-20261101-x", false, true),
            release("weekly-20261101", false, true),
            release("v1.0.0", false, true),
        ];
        assert_eq!(gone(&others, "nightly-20261119", 1), [""; 0]);
    }

    #[test]
    fn a_draft_is_no_release_to_keep_and_goes_when_it_is_older_than_all_that_stay() {
        let all = [
            release("nightly-20261110", true, true),
            release("nightly-20261117", false, true),
            release("nightly-20261118", true, true),
        ];
        assert_eq!(gone(&all, "nightly-20261119", 2), ["nightly-20261110"]);
        assert_eq!(gone(&all, "nightly-20261119", 3), [""; 0]);
    }
}
