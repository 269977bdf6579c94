//! What befalls a whole hub: copies of its files that come back, nodes that freeze, and phones that leave or are
//! replaced.

use std::path::{Path, PathBuf};
use std::time::Duration;

use android_bridge::journal::MemoryJournal;
use relay_domain::DeviceId;
use relay_domain::device::Restored;
use relay_store::changes::{
    DecideHeld, DecideVerdict, Drain, DrainDevice, DrainVerdict, HeldDecision, PairTarget, RestoreVerdict,
    RevokeDevice, UnpairDevice, UnpairVerdict,
};
use relay_store::queries::{HoldingDevices, TokenStateOf};

use super::hub::SimHub;
use super::judge::Said;
use super::simulation::{Frozen, Simulation};

/// A copy of the hub's files.
#[derive(Debug, Clone)]
pub struct Snapshot {
    folder: PathBuf,
    said: Said,
}

/// The database and its log.
const FILES: [&str; 2] = ["relay.db", "relay.db-wal"];

impl Simulation {
    /// Copies the hub's files as they are.
    pub fn snapshot(&mut self) -> Snapshot {
        let folder = self.dir.path().join("snapshot");
        std::fs::create_dir_all(&folder).unwrap();
        exchange(self.dir.path(), &folder);
        Snapshot { folder, said: self.judge.said() }
    }

    /// Puts a copy back by hand, over a hub that was stopped: nothing else is done.
    pub fn put_back(&mut self, snapshot: &Snapshot) {
        self.crash_hub();
        if let Some(frozen) = &mut self.frozen {
            frozen.node.drop_writer();
            // Its receivers took them, but the judge forgets what they took since the copy was made.
            frozen.node.forget_posts();
            frozen.exchanged = true;
        }
        exchange(&snapshot.folder, self.dir.path());
    }

    /// Restores the hub from a copy of its files.
    pub fn restore(&mut self, snapshot: &Snapshot) -> RestoreVerdict {
        self.put_back(snapshot);
        self.judge.set_back(snapshot.said);
        self.hub.restore()
    }

    /// The hub's process stops in the middle of things, and another node takes over.
    pub fn freeze_hub(&mut self) {
        self.nodes += 1;
        let (clock, seed, side) = (self.hub.clock.clone(), self.nodes, self.hub.side_file());
        let next = SimHub::node(self.dir.path(), clock, seed, self.nodes, side);
        let node = std::mem::replace(&mut self.hub, next);
        self.frozen = Some(Frozen { node, awake: false, exchanged: false });
        let now = self.clock.elapsed_ms();
        self.phones.iter_mut().for_each(|phone| phone.disconnected(None, now));
    }

    /// The frozen node wakes: it sees that its sockets are gone, and goes on with what it had in its hands.
    pub fn wake_frozen(&mut self) {
        if let Some(frozen) = &mut self.frozen {
            frozen.awake = true;
            frozen.node.lose_sockets();
        }
    }

    /// What a woken node does now; nobody reads what it writes.
    pub fn run_woken(&mut self) {
        let Some(mut frozen) = self.frozen.take() else { return };
        if frozen.awake {
            let lends = frozen.exchanged;
            if lends {
                frozen.node.swap_writer(&mut self.hub);
            }
            frozen.node.run();
            if lends {
                frozen.node.swap_writer(&mut self.hub);
            }
            self.hub.wake_workers();
            if frozen.node.is_idle() {
                return;
            }
        }
        self.frozen = Some(frozen);
    }

    /// A phone is switched off, and on again later.
    pub fn reboot_phone(&mut self, index: usize) {
        if let Some(connection) = self.phones[index].reboot(self.clock.elapsed_ms()) {
            self.hub.vanish(connection);
        }
    }

    /// A phone's storage is set back to a copy of it: what cannot be copied is not there.
    pub fn set_back_phone(&mut self, index: usize, copy: MemoryJournal) {
        self.crash_phone(index);
        self.note_wiped(index);
        self.phones[index].put_copied_disk(copy);
        self.phones[index].start(self.clock.elapsed_ms());
    }

    /// Another phone gets a copy of this one's storage and its SIM, and is paired in its place, while the first goes on
    /// with what it has and nobody hears of it.
    pub fn clone_phone(&mut self, index: usize) {
        self.lose_link(index);
        self.note_wiped(index);
        self.judge.left.insert(self.phones[index].device_id);
        let copy = self.phones[index].copied_disk();
        let device_id = self.phones[index].device_id;
        let (_, generation) = self.pair(PairTarget::Existing(device_id));
        let now = self.clock.elapsed_ms();
        let mut clone = self.phones[index].twin(generation, now);
        // What was copied is of no use to it: it starts as a fresh install, and is paired.
        clone.put_copied_disk(copy);
        clone.start(now);
        assert!(clone.stopped.is_some(), "a copy has no token");
        clone.reinstall(generation);
        clone.start(now);
        let mut ghost = std::mem::replace(&mut self.phones[index], clone);
        ghost.forsake();
        self.ghosts.push(ghost);
    }

    /// The journal is gone, for the judge.
    fn note_wiped(&mut self, index: usize) {
        let wiped_at = self.phones[index].latest_wall_ms(self.clock.elapsed_ms());
        self.judge.wiped(self.phones[index].device_id, wiped_at);
    }

    /// An operator unpairs a phone.
    pub fn unpair(&mut self, index: usize, within: Duration) -> Option<UnpairVerdict> {
        let (account_id, device_id) = (self.account, self.phones[index].device_id);
        let verdict = self.hub.commit(UnpairDevice { account_id, device_id, within }).ok();
        self.hub.note_standing(device_id);
        verdict
    }

    /// An operator revokes a phone.
    pub fn revoke(&mut self, index: usize) {
        let (account_id, device_id) = (self.account, self.phones[index].device_id);
        if self.hub.commit(RevokeDevice { account_id, device_id }).is_ok() {
            self.hub.note_standing(device_id);
        }
    }

    /// An operator begins or ends the draining of a phone.
    pub fn drain(&mut self, index: usize, drain: Drain) -> Option<DrainVerdict> {
        let (account_id, device_id) = (self.account, self.phones[index].device_id);
        self.hub.commit(DrainDevice { account_id, device_id, drain }).ok()
    }

    /// The app of a phone is paired again with a new code.
    pub fn pair_again(&mut self, index: usize) {
        let device_id = self.phones[index].device_id;
        let (_, generation) = self.pair(PairTarget::Existing(device_id));
        if let Some(connection) = self.phones[index].pair_again(generation) {
            self.hub.vanish(connection);
        }
        self.phones[index].start(self.clock.elapsed_ms());
    }

    /// Whether the hub takes this phone's token.
    pub fn token_lives(&mut self, index: usize) -> bool {
        let phone = &self.phones[index];
        let (device_id, generation) = (phone.device_id, phone.generation);
        let state = self.hub.ask(TokenStateOf(device_id)).flatten();
        state.is_some_and(|state| state.paired && state.generation == generation)
    }

    /// Devices that hold messages since a restore, and what is left to be done for them.
    pub fn holding(&mut self) -> Vec<(DeviceId, Restored)> {
        let holding = self.hub.ask(HoldingDevices).unwrap_or_default();
        holding.into_iter().map(|one| (one.device_id, one.restored)).collect()
    }

    /// An operator decides about everything that a device holds.
    pub fn decide_held(&mut self, device_id: DeviceId, decision: HeldDecision) {
        let account_id = self.account;
        while matches!(
            self.hub.commit(DecideHeld { account_id, device_id, decision }),
            Ok(DecideVerdict::Decided(1..))
        ) {}
    }
}

/// Copies the files of one folder over those of another.
fn exchange(from: &Path, to: &Path) {
    for name in ["relay.db", "relay.db-wal", "relay.db-shm"] {
        let _absent_is_fine = std::fs::remove_file(to.join(name));
    }
    for name in FILES {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}
