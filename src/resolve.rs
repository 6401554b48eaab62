//! DNS for the cores: NAPTR, SRV and addresses of a host (RFC 3263), looked up on a thread of its own so that a dead resolver
//! delays nobody. What to ask and what to make of the records is decided by `cordboard_sip::trunk::srv`.

use crate::wake::{self, Waker};
use cordboard_base::{Hop, Source, SourceKey, Transport};
use cordboard_exchange::ResolveId;
use cordboard_sip::message::Host;
use cordboard_sip::trunk::srv::{self, Answers, Question, Record, Target};
use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};
use std::io;
use std::time::Duration;
use tokio::sync::mpsc;

/// Names that wait to be looked up; a further one fails at once, which keeps what was known of it.
const QUESTIONS_MAX: usize = 256;
/// One record set; then the name counts as not answered. What was known before stays in use meanwhile.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long a failure is believed, in s.
const FAILED_TTL_S: u32 = 30;
/// The bounds of what is believed of a record's own time to live, in s.
const TTL_S: std::ops::RangeInclusive<u32> = 30..=3_600;
/// The stream of the source key that orders records of equal weight.
const STREAM: u32 = 900;

/// What a name leads to.
#[derive(Debug)]
pub struct Answer {
    /// Of which question.
    pub id: ResolveId,
    /// The name that was asked for; `None`: an address.
    pub name: Option<String>,
    /// Best first; empty: nothing.
    pub hops: Vec<Hop>,
    /// How long it holds, in s.
    pub ttl_s: u32,
}

struct Asked {
    id: ResolveId,
    target: Target,
}

/// The shard's end of the resolver's thread, which ends when this is dropped.
#[derive(Debug)]
pub struct Resolver {
    questions: mpsc::Sender<Asked>,
    answers: wake::Receiver<Answer>,
    own: wake::Sender<Answer>,
}

impl Resolver {
    /// Starts the thread. `waker` wakes whoever calls [`Resolver::answer`].
    pub fn start(key: SourceKey, waker: &Waker) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (questions, asked) = mpsc::channel(QUESTIONS_MAX);
        let (own, answers) = wake::channel(waker, QUESTIONS_MAX * 2);
        let to_shard = own.clone();
        std::thread::Builder::new()
            .name("resolver".to_owned())
            .spawn(move || runtime.block_on(serve(asked, to_shard, Source::new(key, STREAM))))?;
        Ok(Self { questions, answers, own })
    }

    /// Asks; the answer comes by [`Resolver::answer`]. Never waits.
    pub fn ask(&mut self, id: ResolveId, host: String, port: Option<u16>, transport: Option<Transport>) {
        let host = Host::parse(&host).unwrap_or(Host::Name(host));
        let asked = Asked { id, target: Target { host, port, transport } };
        if self.questions.try_send(asked).is_err() {
            tracing::warn!("the resolver is overloaded: a name was not looked up");
            let failed = Answer { id, name: None, hops: Vec::new(), ttl_s: FAILED_TTL_S };
            if self.own.try_send(failed).is_err() {
                tracing::error!("the resolver's answers are not taken");
            }
        }
    }

    /// The next answer, if there is one.
    pub fn answer(&mut self) -> Option<Answer> {
        self.answers.try_recv()
    }
}

async fn serve(mut asked: mpsc::Receiver<Asked>, answers: wake::Sender<Answer>, mut source: Source) {
    let resolver = match TokioResolver::builder_tokio().and_then(|builder| builder.build()) {
        Ok(resolver) => Some(resolver),
        Err(error) => {
            tracing::warn!(%error, "no resolver: names of trunks can't be looked up");
            None
        }
    };
    while let Some(Asked { id, target }) = asked.recv().await {
        let (found, ttl_s) = match &resolver {
            Some(resolver) => follow(resolver, &target).await,
            None => (Answers::new(), FAILED_TTL_S),
        };
        let hops = srv::select(&target, &found, &mut source);
        let name = match &target.host {
            Host::Name(name) => Some(name.clone()),
            Host::Ip(_) => None,
        };
        let ttl_s = if hops.is_empty() { FAILED_TTL_S } else { ttl_s };
        if answers.send(Answer { id, name, hops, ttl_s }).is_err() {
            return;
        }
    }
}

/// Asks until nothing is missing, and says how long the least lasting record holds.
async fn follow(resolver: &TokioResolver, target: &Target) -> (Answers, u32) {
    let mut answers = Answers::new();
    let mut ttl_s = *TTL_S.end();
    loop {
        let open = srv::missing(target, &answers);
        if open.is_empty() {
            return (answers, ttl_s);
        }
        for question in open {
            let (records, ttl) = look_up(resolver, &question).await;
            ttl_s = ttl_s.min(ttl.clamp(*TTL_S.start(), *TTL_S.end()));
            answers.insert(question, records);
        }
    }
}

async fn look_up(resolver: &TokioResolver, question: &Question) -> (Vec<Record>, u32) {
    let (kind, name) = match question {
        Question::Naptr(name) => (RecordType::NAPTR, name),
        Question::Srv(name) => (RecordType::SRV, name),
        Question::Address(name) => return addresses(resolver, name).await,
    };
    let Ok(Ok(found)) = tokio::time::timeout(TIMEOUT, resolver.lookup(name.as_str(), kind)).await else {
        return (Vec::new(), FAILED_TTL_S);
    };
    let ttl_s = found.answers().iter().map(|answer| answer.ttl).min().unwrap_or(FAILED_TTL_S);
    (found.answers().iter().filter_map(|answer| record(&answer.data)).collect(), ttl_s)
}

/// By `lookup_ip`, which knows the hosts file too.
async fn addresses(resolver: &TokioResolver, name: &str) -> (Vec<Record>, u32) {
    match tokio::time::timeout(TIMEOUT, resolver.lookup_ip(name)).await {
        Ok(Ok(found)) => {
            let left = found.valid_until().saturating_duration_since(std::time::Instant::now());
            (found.iter().map(Record::Address).collect(), u32::try_from(left.as_secs()).unwrap_or(u32::MAX))
        }
        Ok(Err(_)) | Err(_) => (Vec::new(), FAILED_TTL_S),
    }
}

fn record(data: &RData) -> Option<Record> {
    let name = |name: &hickory_resolver::proto::rr::Name| {
        let text = name.to_ascii().to_ascii_lowercase();
        if text == "." { text } else { text.trim_end_matches('.').to_owned() }
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a foreign enum of dozens, and open: all others say nothing of hops"
    )]
    match data {
        RData::NAPTR(naptr) if naptr.flags.eq_ignore_ascii_case(b"s") => Some(Record::Naptr {
            order: naptr.order,
            preference: naptr.preference,
            service: String::from_utf8_lossy(&naptr.services).into_owned(),
            replacement: name(&naptr.replacement),
        }),
        RData::SRV(srv) => Some(Record::Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: name(&srv.target),
        }),
        RData::A(address) => Some(Record::Address(address.0.into())),
        RData::AAAA(address) => Some(Record::Address(address.0.into())),
        _ => None,
    }
}
