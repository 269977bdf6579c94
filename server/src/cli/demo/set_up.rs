//! Accounts, devices, phones and keys: whatever is not there yet is made, by the verbs of the command line.
//!
//! Every step looks before it makes, so a demo that was killed half-way goes on where it was. The data
//! directory's lock is held: nobody else sets up at the same time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use android_bridge::driver::StartError;
use android_bridge::engine::BackoffLimits;
use android_bridge::sim::demo_sim;
use android_bridge::witness::FileWitness;
use android_bridge::{Identity, Pairing, Phone, PhoneConfig, PhoneHandle, Storage};
use tokio::time::{Instant, sleep, timeout};

use super::Stage;
use super::cast::{CAST, Member, Part};
use super::customer::Customer;
use super::key_file::KeyFile;
use super::trouble::DemoError;
use crate::app::answer::{AccountShown, DeviceShown};
use crate::app::{self, Answer, PlanNumbers, Verb};
use crate::cli::output::{say, table};

/// On one machine a phone connects within milliseconds.
const PATIENCE: Duration = Duration::from_secs(15);
/// Between two looks at the hub's list of devices.
const PAUSE: Duration = Duration::from_millis(20);
/// The demo's hub is never away for long.
const BACKOFF: BackoffLimits = BackoffLimits { first_ms: 250, most_ms: 2_000 };
/// Name of every key that the demo makes.
const KEY_NAME: &str = "demo";
const PHONES: &str = "phones";

/// A phone that tried to connect.
enum Tried {
    Connected(PhoneHandle),
    /// Its pairing is not valid any more.
    Unpaired(String),
}

impl Stage {
    /// Customers who are not of the cast, and none who is: that folder is a real hub's.
    pub(super) async fn check_folder(&self) -> Result<(), DemoError> {
        let accounts = self.accounts().await?;
        let ours = |account: &AccountShown| CAST.iter().any(|part| part.account == account.name);
        if accounts.is_empty() || accounts.iter().any(ours) {
            return Ok(());
        }
        Err(DemoError::NotADemo(self.data_dir.clone()))
    }

    /// Brings the whole cast on stage.
    pub(super) async fn set_up(&mut self) -> Result<(), DemoError> {
        let accounts = self.accounts().await?;
        let mut keys = KeyFile::load(&self.data_dir)?;
        for part in CAST {
            let account = match accounts.iter().find(|account| account.name == part.account) {
                Some(account) => account.clone(),
                None => self.make_account(part).await?,
            };
            let phone = self.phone(part, &account.id).await?;
            let device_id = phone.pairing().device_id.to_string();
            self.await_sim(part, &account.id, &device_id).await?;
            let customer = self.customer(part, &account.id, &device_id, &mut keys).await?;
            let quota = (account.burst, account.refill_per_minute);
            self.members.push(Member { part, account_id: account.id, device_id, phone, customer, quota });
        }
        Ok(())
    }

    /// Says who plays.
    pub(super) fn introduce(&self) {
        let rows: Vec<[String; 5]> = self
            .members
            .iter()
            .map(|member| {
                let Part { account, plan, device, number, shows, .. } = member.part;
                [account, plan, device, number, shows].map(|cell| (*cell).to_owned())
            })
            .collect();
        say("");
        table(["ACCOUNT", "PLAN", "PHONE (CONNECTED)", "NUMBER", "WHAT IT SHOWS"], &rows, "");
    }

    async fn verb(&self, verb: Verb) -> Result<Answer, DemoError> {
        // Through the hub's control socket, as a command in another terminal would.
        match app::manage(&self.data_dir, verb).await {
            Ok(Answer::Refused(refused)) => Err(DemoError::SetUp(refused.message)),
            Ok(answer) => Ok(answer),
            Err(error) => Err(DemoError::SetUp(error.to_string())),
        }
    }

    async fn accounts(&self) -> Result<Vec<AccountShown>, DemoError> {
        match self.verb(Verb::AccountList).await? {
            Answer::Accounts { accounts } => Ok(accounts),
            other => Err(unexpected(&other)),
        }
    }

    async fn make_account(&self, part: &Part) -> Result<AccountShown, DemoError> {
        let verb = Verb::AccountCreate {
            name: part.account.to_owned(),
            plan: part.plan.to_owned(),
            numbers: PlanNumbers::default(),
            zone: None,
        };
        match self.verb(verb).await? {
            Answer::AccountCreated(account) => Ok(account),
            other => Err(unexpected(&other)),
        }
    }

    async fn devices(&self, account_id: &str) -> Result<Vec<DeviceShown>, DemoError> {
        match self.verb(Verb::DeviceList { account: Some(account_id.to_owned()), all: false }).await? {
            Answer::Devices { devices } => Ok(devices),
            other => Err(unexpected(&other)),
        }
    }

    fn phone_folder(&self, part: &Part) -> PathBuf {
        self.data_dir.join(PHONES).join(part.word)
    }

    /// The connected phone of a part, paired only where it has to be.
    async fn phone(&self, part: &'static Part, account_id: &str) -> Result<PhoneHandle, DemoError> {
        let devices = self.devices(account_id).await?;
        let device = devices.into_iter().find(|device| device.name == part.device);
        let stored = Pairing::load(&self.phone_folder(part))
            .map_err(|error| self.phone_trouble(part, error.to_string()))?;
        let fits = |device: &DeviceShown| {
            stored.as_ref().is_some_and(|pairing| pairing.device_id.to_string() == device.id)
        };
        if device.as_ref().is_some_and(fits) {
            match self.connect(part, Identity::Stored).await? {
                Tried::Connected(phone) => return Ok(phone),
                // Killed between pairing again and keeping the token, or revoked by somebody who tried that.
                Tried::Unpaired(why) => say(format!("{} is paired again: {why}", part.device)),
            }
        }
        let verb = match device {
            Some(device) => Verb::DevicePairAgain { device: device.id },
            None => {
                Verb::DevicePairNew { account: Some(account_id.to_owned()), name: part.device.to_owned() }
            }
        };
        let code = match self.verb(verb).await? {
            Answer::PairingCode { code, .. } => code,
            other => return Err(unexpected(&other)),
        };
        match self.connect(part, Identity::Code(code)).await? {
            Tried::Connected(phone) => Ok(phone),
            Tried::Unpaired(why) => Err(self.phone_trouble(part, why)),
        }
    }

    async fn connect(&self, part: &'static Part, identity: Identity) -> Result<Tried, DemoError> {
        let witness = FileWitness::open(self.logs.radio()).map_err(DemoError::file(self.logs.radio()))?;
        let config = PhoneConfig {
            storage: Storage::Folder(self.phone_folder(part)),
            model: format!("Simulated {}", part.device),
            sims: vec![demo_sim(0, part.number)],
            witness: Arc::new(witness),
            seed: rand::random(),
            backoff: BACKOFF,
            ..PhoneConfig::in_memory(&self.url, identity)
        };
        let phone = match Phone::start(config).await {
            Ok(phone) => phone,
            Err(StartError::JournalWentBack) => {
                return Ok(Tried::Unpaired("its journal was an old copy".to_owned()));
            }
            Err(error) => return Err(self.phone_trouble(part, error.to_string())),
        };
        let mut watched = phone.state();
        let met = timeout(PATIENCE, watched.wait_for(|state| state.connected || state.stopped.is_some()));
        // Only this much of the state is kept: the guard would keep the phone from telling more.
        let met = met.await.map(|met| met.map(|state| state.stopped.clone()));
        let stopped = match met {
            Ok(Ok(stopped)) => stopped,
            Ok(Err(_)) => return Err(self.phone_trouble(part, "it ended".to_owned())),
            Err(_elapsed) => {
                let last = watched.borrow().last_close.clone().unwrap_or_else(|| "no reason told".to_owned());
                return Err(self.phone_trouble(part, format!("it did not connect in time ({last})")));
            }
        };
        match stopped {
            None => Ok(Tried::Connected(phone)),
            Some(why) => {
                phone.stop().await;
                Ok(Tried::Unpaired(why))
            }
        }
    }

    fn phone_trouble(&self, part: &Part, why: String) -> DemoError {
        DemoError::Phone { name: part.device, why, folder: self.phone_folder(part) }
    }

    /// A key is bound to a SIM, so the hub has to know it first.
    async fn await_sim(&self, part: &Part, account_id: &str, device_id: &str) -> Result<(), DemoError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let devices = self.devices(account_id).await?;
            let known =
                devices.iter().filter(|device| device.id == device_id).flat_map(|device| &device.sims);
            if known.into_iter().any(|sim| sim.number.as_deref() == Some(part.number)) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(self.phone_trouble(part, "it did not tell its SIM in time".to_owned()));
            }
            sleep(PAUSE).await;
        }
    }

    /// The customer with the key of an earlier run, or with a new one.
    async fn customer(
        &self,
        part: &Part,
        account_id: &str,
        device_id: &str,
        keys: &mut KeyFile,
    ) -> Result<Customer, DemoError> {
        if let Some(kept) = keys.get(part.word) {
            let customer = Customer::new(&self.url, kept.to_owned())?;
            if customer.is_known().await? {
                return Ok(customer);
            }
        }
        self.revoke_unkept(part, account_id).await?;
        let verb = Verb::KeyCreate { device: device_id.to_owned(), slot: 0, name: KEY_NAME.to_owned() };
        let secret = match self.verb(verb).await? {
            Answer::KeyCreated { secret, .. } => secret,
            other => return Err(unexpected(&other)),
        };
        keys.keep(part.word, &secret)?;
        Ok(Customer::new(&self.url, secret)?)
    }

    /// Keys of an earlier run that nobody holds any more: a key that is lost is revoked, in a demo too.
    async fn revoke_unkept(&self, part: &Part, account_id: &str) -> Result<(), DemoError> {
        let keys = match self.verb(Verb::KeyList { account: Some(account_id.to_owned()) }).await? {
            Answer::Keys { keys } => keys,
            other => return Err(unexpected(&other)),
        };
        for key in keys.into_iter().filter(|key| key.name == KEY_NAME && key.revoked_at.is_none()) {
            self.verb(Verb::KeyRevoke { key: key.id }).await?;
            let (file, account) = (KeyFile::path(&self.data_dir), part.account);
            say(format!("The key of {account} is not in {}: revoked, and a new one made", file.display()));
        }
        Ok(())
    }
}

/// Not shown: it may hold a secret.
fn unexpected(_answer: &Answer) -> DemoError {
    DemoError::SetUp("the hub answered another question than was asked".to_owned())
}
