//! Talks: a caller is connected, and the talk is over; and what telephones tell of that.

use crate::agent::{Device, Work};
use crate::caller::{AgentIs, CallerId, Stage, Talk, ms};
use crate::queues::Queues;
use crate::request::{Outcome, Status};
use crate::settings::BlindTransfer;
use cordboard_app::{Destination, Handover};
use cordboard_base::Time;
use core::time::Duration;

impl Queues {
    /// How an attempt went, or a talk.
    pub(crate) fn report(&mut self, now: Time, id: CallerId, outcome: Outcome) {
        match outcome {
            Outcome::Answered { by_agent } => {
                // Without word of the connection: somebody whom we did not ring took the call.
                self.connected(now, id, &[]);
                self.complete(now, id, by_agent);
                if self.callers.get(&id).is_some_and(|caller| caller.callback.is_some()) {
                    return self.forget(id);
                }
                if let Some(caller) = self.callers.get_mut(&id) {
                    caller.poked = true;
                }
                self.leave_quietly(id, Status::Answered);
            }
            Outcome::NoAnswer | Outcome::Busy | Outcome::Unavailable => self.unanswered(now, id, outcome),
        }
    }

    /// A caller is connected with somebody of these.
    pub(crate) fn connected(&mut self, now: Time, id: CallerId, parties: &[Destination]) {
        let Some(caller) = self.callers.get(&id) else { return };
        match &caller.stage {
            Stage::Ringing { whom, since } => {
                let agent = parties.iter().find(|party| whom.contains(party)).cloned();
                let (whom, rang_ms) = (whom.clone(), ms(now, *since));
                self.answered(now, id, (agent, whom), rang_ms);
            }
            // A consultation connects somebody of a talk too; who leaves it for good is told as a transfer.
            Stage::Talking(_) | Stage::Waiting | Stage::Away | Stage::Called(_) | Stage::Leaving(_) => {}
        }
    }

    fn answered(
        &mut self,
        now: Time,
        id: CallerId,
        (agent, rung): (Option<Destination>, Vec<Destination>),
        rang_ms: u64,
    ) {
        for other in rung.iter().filter(|other| Some(*other) != agent.as_ref()) {
            self.free(other, id);
        }
        if let Some(busy) = agent.as_ref().and_then(|agent| self.agents.get_mut(agent)) {
            busy.work = Work::Talking(id);
        }
        let Some(caller) = self.callers.get_mut(&id) else { return };
        let refused = core::mem::take(&mut caller.dumped);
        let waited_ms = caller.waited_ms(now);
        caller.stage =
            Stage::Talking(Talk { agent: agent.clone(), since: now, waited_ms, agent_is: AgentIs::Talking });
        let (queue, call) = (caller.queue.clone(), caller.call);
        let level_s = self.queues.get(&queue).map_or(0, |queue| queue.settings.service_level_s);
        let in_time = waited_ms <= u64::from(level_s) * 1_000;
        self.count(&queue, agent.as_ref(), |figures, of_queue| {
            figures.answered += 1;
            figures.waited_ms += waited_ms;
            figures.in_time += u32::from(in_time);
            figures.offered += u32::from(!of_queue);
        });
        let seconds = |ms: u64| (ms / 1_000).to_string();
        let name = call.map(|call| call.to_string()).unwrap_or_default();
        let data = [seconds(waited_ms), name, seconds(rang_ms)];
        self.journal(call, &queue, agent.as_ref(), "CONNECT", &data.each_ref().map(String::as_str));
        for other in refused.iter().filter(|other| Some(*other) != agent.as_ref()) {
            self.count_missed(&queue, Some(other));
        }
        self.event("queue-connect", id);
    }

    /// A talk is over.
    pub(crate) fn complete(&mut self, now: Time, id: CallerId, by_agent: bool) {
        let Some(caller) = self.callers.get(&id) else { return };
        let Stage::Talking(talk) = &caller.stage else { return };
        let talk = talk.clone();
        let (queue, call, origin) = (caller.queue.clone(), caller.call, caller.origin_position);
        let talked_ms = ms(now, talk.since);
        match (talk.agent_is, &talk.agent) {
            (AgentIs::Talking, Some(agent)) => self.finish(now, agent, id),
            (AgentIs::Talking | AgentIs::Done, _) => {}
            // That it has left is the end of it.
            (AgentIs::Gone, _) => return,
        }
        self.count(&queue, talk.agent.as_ref(), |figures, _| figures.talked_ms += talked_ms);
        let event = if by_agent { "COMPLETEAGENT" } else { "COMPLETECALLER" };
        let data = [talk.waited_ms / 1_000, talked_ms / 1_000].map(|s| s.to_string());
        let [waited, talked] = data.each_ref().map(String::as_str);
        self.journal(call, &queue, talk.agent.as_ref(), event, &[waited, talked, &origin.to_string()]);
        self.event("queue-complete", id);
    }

    /// An agent has done with a caller: the work after the call begins.
    pub(crate) fn finish(&mut self, now: Time, who: &Destination, id: CallerId) {
        // The queue may be gone by now; its agents are not.
        let mut wrap_up = Duration::ZERO;
        if let Some(queue) = self.callers.get(&id).and_then(|caller| self.queues.get_mut(&caller.queue)) {
            wrap_up = Duration::from_secs(u64::from(queue.settings.wrap_up_s));
            if let Some(member) = queue.member_mut(who) {
                member.calls = member.calls.saturating_add(1);
                member.last_call = Some(now);
            }
        }
        let Some(agent) = self.agents.get_mut(who) else { return };
        if agent.work == Work::Talking(id) {
            agent.work = Work::Free;
            agent.wrapped_up = now + wrap_up;
            agent.idle_since = now;
        }
    }

    /// Caller and agent are parted: one of them goes on with somebody else.
    pub(crate) fn transferred(&mut self, now: Time, id: CallerId, handover: &Handover) {
        let Some(caller) = self.callers.get_mut(&id) else { return };
        let Stage::Talking(talk) = &mut caller.stage else { return };
        if talk.agent_is == AgentIs::Gone {
            return;
        }
        let was = core::mem::replace(&mut talk.agent_is, AgentIs::Gone);
        let (talk, call, queue) = (talk.clone(), caller.call, caller.queue.clone());
        let origin = caller.origin_position.to_string();
        if let (AgentIs::Talking, Some(agent)) = (was, &talk.agent) {
            self.finish(now, agent, id);
        }
        let talked_ms = ms(now, talk.since);
        self.count(&queue, talk.agent.as_ref(), |figures, _| figures.talked_ms += talked_ms);
        let (event, to) = if handover.context.is_empty() {
            ("ATTENDEDTRANSFER", ["BRIDGE".to_owned(), handover.into.to_string()])
        } else {
            let event = match self.statistics.blind_transfer {
                BlindTransfer::Transfer => "TRANSFER",
                BlindTransfer::BlindTransfer => "BLINDTRANSFER",
            };
            (event, [handover.number.clone(), handover.context.clone()])
        };
        let times = [talk.waited_ms / 1_000, talked_ms / 1_000].map(|s| s.to_string());
        let data = [&to[0], &to[1], &times[0], &times[1], &origin];
        self.journal(call, &queue, talk.agent.as_ref(), event, &data.map(String::as_str));
        self.event("queue-transfer", id);
    }

    /// A telephone is in another state.
    pub(crate) fn device(&mut self, now: Time, who: &Destination, device: Device) {
        let Some(agent) = self.agents.get_mut(who) else { return };
        if device == Device::Idle && agent.device != Device::Idle {
            agent.idle_since = now;
        }
        let was = core::mem::replace(&mut agent.device, device);
        // It was on the telephone and is no longer: whatever became of the caller, the agent has done with it.
        let over =
            matches!(was, Device::Busy | Device::Hold) && matches!(device, Device::Idle | Device::Offline);
        if let Work::Talking(id) = agent.work
            && over
            && matches!(who, Destination::User(_))
        {
            self.finish(now, who, id);
            if let Some(Stage::Talking(talk)) = self.callers.get_mut(&id).map(|caller| &mut caller.stage) {
                talk.agent_is = AgentIs::Done;
            }
        }
    }
}
