//! The table of server transactions. A request finds its transaction by [`ServerKey`]; whoever answers does by [`ServerTxn`].

use super::server_invite::ServerInvite;
use super::server_other::ServerOther;
use super::{MergeKey, ServerKey};
use crate::endpoint::ServerTxn;
use crate::endpoint::turn::{TimerKey, Turn};
use crate::message::Request;
use bytes::Bytes;
use cordboard_base::{Hop, LegId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a server transaction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum ServerTimer {
    /// G.
    Retransmit,
    /// H, I, J, L; and the end of a request, or of an unadopted INVITE, that nobody answered.
    End,
}

/// Who is to answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ServerOwner {
    /// An INVITE that the exchange has neither adopted nor answered, with where it came from; kept for a leg to adopt.
    Unadopted(Box<Request>, Hop),
    /// The exchange.
    Exchange,
    /// A leg's session.
    Leg(LegId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Machine {
    Invite(ServerInvite),
    Other(ServerOther),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Server {
    /// Shared with the table that finds it.
    key: Arc<ServerKey>,
    merge: Option<Arc<MergeKey>>,
    owner: ServerOwner,
    reply_to: ReplyTo,
    last: Option<Bytes>,
    machine: Machine,
}

/// Where the response goes (RFC 3261 §18.2.2, RFC 3581 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ReplyTo {
    pub(crate) hop: Hop,
    /// Where a stream's peer listens, for when its connection is gone.
    pub(crate) listener: Option<Hop>,
}

/// What a request that matches a transaction leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeated {
    No,
    Absorbed,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Servers {
    next: u64,
    #[serde(with = "cordboard_base::pairs")]
    live: BTreeMap<ServerTxn, Server>,
    #[serde(with = "cordboard_base::pairs")]
    by_key: BTreeMap<Arc<ServerKey>, ServerTxn>,
    #[serde(with = "cordboard_base::pairs")]
    by_merge: BTreeMap<Arc<MergeKey>, ServerTxn>,
}

impl Servers {
    pub(crate) fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether this request has come by another way already (RFC 3261 §8.2.2.2).
    pub(crate) fn is_merged(&self, key: &MergeKey) -> bool {
        self.by_merge.contains_key(key)
    }

    pub(crate) fn start(
        &mut self,
        turn: &mut Turn,
        key: ServerKey,
        merge: Option<MergeKey>,
        owner: ServerOwner,
        reply_to: ReplyTo,
        invite: bool,
    ) -> ServerTxn {
        self.next = self.next.wrapping_add(1);
        let txn = ServerTxn(self.next);
        let machine = if invite {
            Machine::Invite(ServerInvite::Proceeding)
        } else {
            Machine::Other(ServerOther::Open)
        };
        // The client has given up by then (timer F), so may we; an INVITE that the exchange has forgotten is answered.
        let waits = !invite || matches!(owner, ServerOwner::Unadopted(..));
        if waits {
            turn.arm(TimerKey::Server(txn, ServerTimer::End), turn.timing.give_up());
        }
        let (key, merge) = (Arc::new(key), merge.map(Arc::new));
        self.by_key.insert(Arc::clone(&key), txn);
        if let Some(merge) = &merge {
            self.by_merge.insert(Arc::clone(merge), txn);
        }
        self.live.insert(txn, Server { key, merge, owner, reply_to, last: None, machine });
        txn
    }

    /// Absorbs a retransmission: the last response goes out again.
    pub(crate) fn on_repeat(&mut self, turn: &mut Turn, key: &ServerKey) -> Repeated {
        let Some(server) = self.by_key.get(key).and_then(|txn| self.live.get(txn)) else {
            return Repeated::No;
        };
        turn.counters.repeated = turn.counters.repeated.saturating_add(1);
        let answers = match server.machine {
            Machine::Invite(machine) => machine.answers_repeats(),
            Machine::Other(_) => true,
        };
        if answers && let Some(bytes) = &server.last {
            turn.retransmit(server.reply_to.hop, bytes.clone());
        }
        Repeated::Absorbed
    }

    /// An ACK with the INVITE's key: taken here if the INVITE was refused (timer I, RFC 3261 §17.2.1).
    pub(crate) fn on_ack(&mut self, turn: &mut Turn, key: &ServerKey) -> Repeated {
        let Some(txn) = self.by_key.get(key).copied() else { return Repeated::No };
        let Some(server) = self.live.get_mut(&txn) else { return Repeated::No };
        let Machine::Invite(machine) = &mut server.machine else { return Repeated::No };
        match machine {
            ServerInvite::Completed(_) => {
                *machine = ServerInvite::Confirmed;
                turn.disarm(TimerKey::Server(txn, ServerTimer::Retransmit));
                if server.reply_to.hop.transport.is_reliable() {
                    self.remove(turn, txn);
                } else {
                    turn.arm(TimerKey::Server(txn, ServerTimer::End), turn.timing.t4);
                }
                Repeated::Absorbed
            }
            ServerInvite::Confirmed => {
                turn.counters.repeated = turn.counters.repeated.saturating_add(1);
                Repeated::Absorbed
            }
            ServerInvite::Accepted | ServerInvite::Proceeding => Repeated::No,
        }
    }

    /// The INVITE that a CANCEL with this key means.
    pub(crate) fn find(&self, key: &ServerKey) -> Option<ServerTxn> {
        self.by_key.get(key).copied()
    }

    pub(crate) fn owner(&self, txn: ServerTxn) -> Option<&ServerOwner> {
        self.live.get(&txn).map(|server| &server.owner)
    }

    /// Whether it is an INVITE that nobody has dealt with.
    pub(crate) fn is_unadopted(&self, txn: ServerTxn) -> bool {
        self.is_open(txn) && matches!(self.owner(txn), Some(ServerOwner::Unadopted(..)))
    }

    /// Whether its final response has still to be given.
    pub(crate) fn is_open(&self, txn: ServerTxn) -> bool {
        self.live.get(&txn).is_some_and(|server| {
            matches!(
                server.machine,
                Machine::Invite(ServerInvite::Proceeding) | Machine::Other(ServerOther::Open)
            )
        })
    }

    pub(crate) fn set_owner(&mut self, txn: ServerTxn, owner: ServerOwner) -> Option<ServerOwner> {
        self.live.get_mut(&txn).map(|server| core::mem::replace(&mut server.owner, owner))
    }

    /// Sends a response. Says where it went; `None` if the transaction is gone or has been answered.
    pub(crate) fn respond(
        &mut self,
        turn: &mut Turn,
        txn: ServerTxn,
        status: u16,
        bytes: Bytes,
    ) -> Option<Hop> {
        let server = self.live.get_mut(&txn)?;
        let hop = server.reply_to.hop;
        let reliable = hop.transport.is_reliable();
        let end = TimerKey::Server(txn, ServerTimer::End);
        let mut over = false;
        match &mut server.machine {
            Machine::Invite(machine) => {
                if *machine != ServerInvite::Proceeding {
                    return None;
                }
                if status < 200 {
                    server.last = Some(bytes.clone());
                } else if status < 300 {
                    *machine = ServerInvite::Accepted;
                    server.last = None;
                    turn.arm(end, turn.timing.give_up());
                } else {
                    *machine = ServerInvite::Completed(turn.timing.t1);
                    server.last = Some(bytes.clone());
                    turn.arm(end, turn.timing.give_up());
                    if !reliable {
                        turn.arm(TimerKey::Server(txn, ServerTimer::Retransmit), turn.timing.t1);
                    }
                }
            }
            Machine::Other(machine) => {
                if *machine == ServerOther::Completed {
                    return None;
                }
                server.last = Some(bytes.clone());
                if status >= 200 {
                    *machine = ServerOther::Completed;
                    // Timer J: 64·T1 on UDP, none on streams (§17.2.2).
                    turn.arm(end, turn.timing.give_up());
                    over = reliable;
                }
            }
        }
        turn.transmit(hop, bytes);
        if over {
            self.remove(turn, txn);
        }
        Some(hop)
    }

    pub(crate) fn on_timer(&mut self, turn: &mut Turn, txn: ServerTxn, timer: ServerTimer) {
        match timer {
            ServerTimer::End => self.remove(turn, txn),
            ServerTimer::Retransmit => {
                let Some(server) = self.live.get_mut(&txn) else { return };
                let Machine::Invite(machine) = &mut server.machine else { return };
                if let (Some(interval), Some(bytes)) = (machine.on_retransmit(turn.timing.t2), &server.last) {
                    turn.retransmit(server.reply_to.hop, bytes.clone());
                    turn.arm(TimerKey::Server(txn, ServerTimer::Retransmit), interval);
                }
            }
        }
    }

    /// The stream of a response is gone: what was answered goes once more to where its peer listens (RFC 3261 §18.2.2).
    pub(crate) fn on_unreachable(&mut self, turn: &mut Turn, hop: Hop) {
        for server in self.live.values_mut() {
            let ours = server.reply_to.hop;
            if ours.remote != hop.remote || ours.transport != hop.transport {
                continue;
            }
            let Some(listener) = server.reply_to.listener.take() else { continue };
            server.reply_to.hop = listener;
            if let Some(bytes) = &server.last {
                turn.retransmit(listener, bytes.clone());
            }
        }
    }

    fn remove(&mut self, turn: &mut Turn, txn: ServerTxn) {
        turn.disarm(TimerKey::Server(txn, ServerTimer::Retransmit));
        turn.disarm(TimerKey::Server(txn, ServerTimer::End));
        let Some(server) = self.live.remove(&txn) else { return };
        if self.by_key.get(&server.key) == Some(&txn) {
            self.by_key.remove(&server.key);
        }
        if let Some(merge) = &server.merge
            && self.by_merge.get(merge) == Some(&txn)
        {
            self.by_merge.remove(merge);
        }
    }
}
