//! What people hear: prompts by name and in order, music, the ringing of a phone, each other.

use crate::fault::{Fault, fault};
use crate::person::{PATIENCE, Person};
use cordboard_sim::stage::{Ear, Given, Heard};
use core::time::Duration;

/// What is to be heard now is heard by then: perhaps a long prompt comes first.
const SOON: Duration = Duration::from_secs(60);
/// So long is listened for silence.
const SILENCE: Duration = Duration::from_millis(500);

type Done = Result<Person, Fault>;

impl Person {
    /// How much was played to it so far.
    pub(crate) fn heard_count(&self) -> usize {
        self.scene.world().look_heard(<[Heard]>::len)
    }

    /// The next prompt or file that is played to it and was not asked for yet.
    fn next_prompt(&self, limit: Duration) -> Option<String> {
        let mut found = None;
        self.scene.wait(limit, || {
            found = self.scene.world().look_heard(|heard| {
                let own = heard.iter().enumerate().skip(self.heard.get());
                let own = own.filter(|(_, heard)| heard.phone == Some(self.handset.index()));
                own.filter_map(|(at, heard)| Some((at, prompt_of(heard)?.to_owned()))).next()
            });
            found.is_some()
        });
        let (at, name) = found?;
        self.heard.set(at + 1);
        Some(name)
    }

    /// The next prompt that it hears is this one.
    pub(crate) fn hears_prompt(&self, wanted: &str) -> Done {
        self.must_exist(wanted)?;
        match self.next_prompt(PATIENCE) {
            Some(name) if is_it(&name, wanted) => Ok(self.clone()),
            Some(name) => {
                Err(fault(format!("{} hears another prompt", self.name)).wants(wanted).but(self.told(&name)))
            }
            None => Err(fault(format!("{} hears no prompt", self.name)).wants(wanted).but(self.now_hears())),
        }
    }

    /// It hears this prompt, after whatever else.
    pub(crate) fn hears_at_last(&self, wanted: &str) -> Done {
        self.must_exist(wanted)?;
        let mut before = Vec::new();
        while let Some(name) = self.next_prompt(PATIENCE) {
            if is_it(&name, wanted) {
                return Ok(self.clone());
            }
            before.push(name);
            if before.len() > 200 {
                break;
            }
        }
        let actual = if before.is_empty() { self.now_hears() } else { before.join(", ") };
        Err(fault(format!("{} never hears it", self.name)).wants(wanted).but(actual))
    }

    /// What it has heard of prompts since somebody asked last, without waiting.
    pub(crate) fn prompts_heard(&self) -> Vec<String> {
        self.scene.world().look_heard(|heard| {
            let own = heard.iter().filter(|heard| heard.phone == Some(self.handset.index()));
            own.filter_map(prompt_of).map(str::to_owned).collect()
        })
    }

    fn told(&self, name: &str) -> String {
        if self.scene.house().prompts.knows(name) {
            name.to_owned()
        } else {
            format!("{name} (which has no file)")
        }
    }

    fn must_exist(&self, name: &str) -> Result<(), Fault> {
        let is_file = name == "a message" || name.contains('.');
        if is_file || self.scene.house().prompts.knows(name) {
            return Ok(());
        }
        Err(fault(format!("there is no prompt \"{name}\" in the sounds' directory")))
    }

    /// Something of this kind is heard now, or soon.
    fn hears_now_or_soon(&self, what: &str, is_it: impl Fn(&Ear) -> bool) -> Done {
        let hears = || self.handset.hears_now().iter().any(&is_it);
        if self.scene.wait(SOON, hears) {
            return Ok(self.clone());
        }
        Err(fault(format!("{} does not hear {what}", self.name)).wants(what).but(self.now_hears()))
    }

    /// Music, of a class if one is named.
    pub(crate) fn hears_music(&self, class: Option<&str>) -> Done {
        let what = class.map_or_else(|| "music".to_owned(), |class| format!("music of the class {class}"));
        self.hears_now_or_soon(&what, |ear| match ear {
            Ear::Played(Given::Music(name)) => class.is_none_or(|class| class == name),
            Ear::Played(Given::Prompt(_) | Given::File(_) | Given::Tone(_) | Given::Silence(_))
            | Ear::Person(_)
            | Ear::Stranger
            | Ear::Echo => false,
        })
    }

    /// A tone that the exchange plays.
    pub(crate) fn hears_tone(&self) -> Done {
        self.hears_now_or_soon("a tone", |ear| matches!(ear, Ear::Played(Given::Tone(_))))
    }

    /// Itself.
    pub(crate) fn hears_itself(&self) -> Done {
        self.hears_now_or_soon("itself", |ear| *ear == Ear::Echo)
    }

    /// Somebody else.
    pub(crate) fn hears_person(&self, other: &Self) -> Done {
        let index = other.handset.index();
        self.hears_now_or_soon(&other.name, |ear| *ear == Ear::Person(index))
    }

    /// Both hear each other.
    pub(crate) fn talks_with(&self, other: &Self) -> Done {
        self.hears_person(other)?;
        other.hears_person(self)?;
        Ok(self.clone())
    }

    /// It does not hear somebody.
    pub(crate) fn does_not_hear(&self, other: &Self) -> Done {
        self.scene.world().run_for(SILENCE);
        if self.handset.hears_now().contains(&Ear::Person(other.handset.index())) {
            return Err(fault(format!("{} hears {}", self.name, other.name)));
        }
        Ok(self.clone())
    }

    /// Silence, for half a second from soon on.
    pub(crate) fn hears_nothing(&self) -> Done {
        let silent =
            || self.handset.hears_now().iter().all(|ear| matches!(ear, Ear::Played(Given::Silence(_))));
        if !self.scene.wait(SOON, silent) {
            return Err(fault(format!("{} hears something", self.name))
                .wants("nothing")
                .but(self.now_hears()));
        }
        self.scene.world().run_for(SILENCE);
        if silent() {
            Ok(self.clone())
        } else {
            Err(fault(format!("{} hears something", self.name)).but(self.now_hears()))
        }
    }

    /// What it hears now, in words.
    pub(crate) fn now_hears(&self) -> String {
        let names: Vec<String> = self.handset.hears_now().iter().map(|ear| self.ear_in_words(ear)).collect();
        let heard = if names.is_empty() {
            "hears nothing".to_owned()
        } else {
            format!("hears {}", names.join(" and "))
        };
        format!("{}; {heard}", self.state())
    }

    fn ear_in_words(&self, ear: &Ear) -> String {
        match ear {
            Ear::Played(given) => crate::words::given(given),
            Ear::Person(index) => self.scene.world().name_of_phone(*index),
            Ear::Stranger => "somebody".to_owned(),
            Ear::Echo => "itself".to_owned(),
        }
    }
}

/// The name of a prompt or file that was played; music, tones and silence are asked for otherwise.
fn prompt_of(heard: &Heard) -> Option<&str> {
    match &heard.what {
        Given::Prompt(name) | Given::File(name) => Some(name),
        Given::Music(_) | Given::Tone(_) | Given::Silence(_) => None,
    }
}

/// `a message` is any file of an application's.
fn is_it(name: &str, wanted: &str) -> bool {
    name == wanted || wanted == "a message" && name.contains('.')
}
