//! Are the settings good, and where do they come from?

use super::finding::Finding;
use crate::config::{Config, FileProblem, Origin, Told};

const CHECK: &str = "settings";

/// The settings that were read.
pub(super) fn judge(config: &Config, told: &Told) -> Finding {
    if let Err(problem) = config.check() {
        let place = told.place(problem.name).map_or_else(String::new, |place| format!(" ({place})"));
        let finding = format!("{} cannot be `{}`{place}", problem.name, problem.value);
        return Finding::fail(CHECK, finding, problem.remedy);
    }
    let changed = told.settings.iter().filter(|setting| setting.origin != Origin::Default).count();
    let file = match &told.file {
        Some(file) => format!("settings file {}", file.path.display()),
        None => "no settings file".to_owned(),
    };
    let finding = match changed {
        0 => format!("good: {file}, all defaults"),
        some => format!(
            "good: {file}, {some} of {} set; `relay-hub serve --check` shows them",
            told.settings.len()
        ),
    };
    Finding::ok(CHECK, finding)
}

/// A settings file that cannot be used: where the data is and what is listened on is not known then.
pub(super) fn refused(problem: &FileProblem) -> Finding {
    Finding::fail(
        CHECK,
        problem.to_string(),
        "correct it and run doctor again: nothing else was looked at, because the file has a say in all of it",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::finding::Level;

    #[test]
    fn an_address_for_other_machines_without_a_proxy_fails_in_the_words_of_the_start() {
        let mut config = Config::default();
        assert_eq!(judge(&config, &Told::default()).level, Level::Ok);
        config.listen.listen = "0.0.0.0:8080".parse().unwrap();
        let finding = judge(&config, &Told::default());
        assert_eq!(finding.level, Level::Fail);
        assert!(finding.finding.contains("0.0.0.0:8080"), "{finding:?}");
        assert!(finding.remedy.unwrap().contains("--trusted-proxy"));
    }
}
