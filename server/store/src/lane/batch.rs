//! Who goes together: natural batching, no linger timer. Pure.
//!
//! What waited while the last flush ran makes the next batch. Two inboxes are drained alternately, so that a
//! flood on one cannot delay the other. After them come those who are patient, and one sweep.

use std::collections::VecDeque;

/// Changes in a batch: bounds the time a caller waits for its neighbours.
pub(crate) const MAX_BATCH: usize = 256;
/// Rows that a batch writes for the API, about: a thousand messages in one request are one change, and must not be
/// followed by a hundred more of their kind before anyone is answered.
const MAX_WEIGHT: usize = 1024;
/// Rows that may wait from the API: beyond it callers are told to come back. A request that is heavier alone waits
/// for an empty inbox.
pub(crate) const API_INBOX: usize = 4096;
/// Changes that may wait from phones: beyond it sessions hold what they have.
pub(crate) const DEVICE_INBOX: usize = 4096;

/// Patient changes that ride on a batch at least, and one for so many of the others beside that: with more to do than it
/// can the lane goes on with both, and serves the others first.
const LEAST_RIDERS: usize = 8;
const OTHERS_A_RIDER: usize = 2;

/// Where a change comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Api,
    Device,
    /// From somebody whom nobody waits for in haste.
    Patient,
    Sweep,
}

/// What waits.
pub(crate) struct Inboxes<J> {
    api: VecDeque<(usize, J)>,
    device: VecDeque<(usize, J)>,
    patient: VecDeque<(usize, J)>,
    sweep: VecDeque<(usize, J)>,
}

impl<J> Default for Inboxes<J> {
    fn default() -> Inboxes<J> {
        let empty = VecDeque::new;
        Inboxes { api: empty(), device: empty(), patient: empty(), sweep: empty() }
    }
}

impl<J> Inboxes<J> {
    pub(crate) fn push(&mut self, origin: Origin, weight: usize, job: J) {
        let inbox = match origin {
            Origin::Api => &mut self.api,
            Origin::Device => &mut self.device,
            Origin::Patient => &mut self.patient,
            Origin::Sweep => &mut self.sweep,
        };
        inbox.push_back((weight, job));
    }

    /// Whether a batch begins now: somebody waits who is not patient.
    pub(crate) fn is_hurried(&self) -> bool {
        !(self.api.is_empty() && self.device.is_empty() && self.sweep.is_empty())
    }

    pub(crate) fn has_patient(&self) -> bool {
        !self.patient.is_empty()
    }

    /// Everything, where no batch will come any more.
    pub(crate) fn into_jobs(self) -> impl Iterator<Item = J> {
        self.device.into_iter().chain(self.api).chain(self.patient).chain(self.sweep).map(|(_, job)| job)
    }

    /// The next batch: one from each inbox in turn while both have some, then from the one that is left.
    pub(crate) fn take(&mut self) -> Batch<J> {
        let mut batch = Batch { jobs: Vec::new(), from_api: 0, from_device: 0 };
        while batch.jobs.len() < MAX_BATCH {
            let device = self.device.pop_front();
            let room = batch.jobs.len() + usize::from(device.is_some()) < MAX_BATCH;
            let api = if room && batch.from_api < MAX_WEIGHT { self.api.pop_front() } else { None };
            if device.is_none() && api.is_none() {
                break;
            }
            batch.from_device += usize::from(device.is_some());
            batch.from_api += api.as_ref().map_or(0, |(weight, _)| *weight);
            batch.jobs.extend(device.into_iter().chain(api).map(|(_, job)| job));
        }
        let riders = match batch.jobs.len() {
            0 => MAX_BATCH,
            others => LEAST_RIDERS.max(others / OTHERS_A_RIDER),
        };
        let riders = riders.min(self.patient.len());
        batch.jobs.extend(self.patient.drain(..riders).map(|(_, job)| job));
        batch.jobs.extend(self.sweep.pop_front().map(|(_, job)| job));
        batch
    }
}

/// What goes together.
pub(crate) struct Batch<J> {
    pub(crate) jobs: Vec<J>,
    /// Their weight.
    pub(crate) from_api: usize,
    /// Their number.
    pub(crate) from_device: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_from_the_api_does_not_delay_reports() {
        let mut inboxes = Inboxes::default();
        (0..10_000).for_each(|_| inboxes.push(Origin::Api, 1, "api"));
        (0..10).for_each(|_| inboxes.push(Origin::Device, 1, "device"));
        let batch = inboxes.take();
        assert_eq!(batch.jobs.len(), MAX_BATCH);
        assert_eq!(batch.from_device, 10);
        assert_eq!(&batch.jobs[..4], ["device", "api", "device", "api"]);
    }

    #[test]
    fn order_within_an_inbox_is_kept_and_nothing_is_forgotten() {
        let mut inboxes = Inboxes::default();
        (0..1000).for_each(|n| inboxes.push(if n % 3 == 0 { Origin::Api } else { Origin::Device }, 1, n));
        let mut seen = Vec::new();
        while inboxes.is_hurried() {
            seen.extend(inboxes.take().jobs);
        }
        let of =
            |rest: usize| seen.iter().filter(|n| (**n % 3 == 0) == (rest == 0)).copied().collect::<Vec<_>>();
        assert!(of(0).is_sorted() && of(1).is_sorted());
        assert_eq!(seen.len(), 1000);
    }

    #[test]
    fn heavy_changes_do_not_pile_up_in_one_batch_and_each_gets_its_turn() {
        let mut inboxes = Inboxes::default();
        (0..5).for_each(|_| inboxes.push(Origin::Api, 1000, "bulk"));
        inboxes.push(Origin::Api, 1, "single");
        let mut sizes = Vec::new();
        while inboxes.is_hurried() {
            sizes.push(inboxes.take().jobs.len());
        }
        assert_eq!(sizes, [2, 2, 2]);
    }

    #[test]
    fn bulks_of_the_api_do_not_delay_reports_either() {
        let mut inboxes = Inboxes::default();
        (0..5).for_each(|_| inboxes.push(Origin::Api, 1000, "bulk"));
        (0..50).for_each(|_| inboxes.push(Origin::Device, 1, "report"));
        let batch = inboxes.take();
        assert_eq!((batch.from_device, batch.from_api), (50, 2000));
    }

    #[test]
    fn the_patient_ride_on_the_batches_of_others_and_fill_one_alone() {
        let mut inboxes = Inboxes::default();
        (0..1_000).for_each(|_| inboxes.push(Origin::Patient, 1, "patient"));
        assert!(!inboxes.is_hurried() && inboxes.has_patient());
        (0..MAX_BATCH + 6).for_each(|_| inboxes.push(Origin::Api, 1, "api"));
        for (hurried, patient) in [(MAX_BATCH, MAX_BATCH / 2), (6, LEAST_RIDERS), (0, MAX_BATCH)] {
            let batch = inboxes.take().jobs;
            assert_eq!(batch.iter().filter(|job| **job == "api").count(), hurried);
            assert_eq!(batch[hurried..], vec!["patient"; patient]);
        }
    }

    #[test]
    fn one_sweep_rides_on_each_batch() {
        let mut inboxes = Inboxes::default();
        (0..3).for_each(|_| inboxes.push(Origin::Sweep, 200, "sweep"));
        assert_eq!(inboxes.take().jobs, ["sweep"]);
    }
}
